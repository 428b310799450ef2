import { issuesOf } from '../../basics/field-issues.ts'
import { sha256 } from '../../basics/sha256.ts'
import { DEFAULT_ACCOUNT } from '../../cloud/accounts.ts'
import type { ProviderName } from '../../cloud/service.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import type { LifecycleOperation } from '../../services/lifecycle.ts'
import type { Run } from '../run.ts'
import { RequestError } from './request-error.ts'

/** Where targets are that name no region. */
export type DefaultRegions = Readonly<Partial<Record<ProviderName, string | undefined>>>

/** What is to be done, on what and how: checked. */
export interface CheckedRequest {
  operation: LifecycleOperation
  target: Run['target']
  params: Run['params']
}

interface Unchecked {
  operation: unknown
  target: unknown
  params?: unknown
}

/** Checks operation, target and params against the catalogue. @throws {RequestError} naming each field */
export function checkRequest(
  { operation: name, target, params }: Unchecked,
  regions: DefaultRegions,
  targetField = ['target'],
): CheckedRequest {
  const operation = typeof name === 'string' ? CATALOGUE.get(name) : undefined
  if (!operation) {
    const message = name === undefined ? 'is missing' : `is not known; one of ${[...CATALOGUE.keys()].join(', ')}`
    throw new RequestError([{ field: 'operation', message }])
  }
  const where = operation.target.safeParse(target)
  const how = operation.params.safeParse(params ?? {})
  const issues = [
    ...(where.error ? issuesOf(where.error, targetField) : []),
    ...(how.error ? issuesOf(how.error, ['params']) : []),
  ]
  if (issues.length > 0) throw new RequestError(issues)
  const { account, ...placed } = {
    region: regions[operation.service.provider],
    account: undefined,
    ...withoutUndefined(where.data),
  }
  const { region } = placed
  if (region === undefined) {
    const field = [...targetField, 'region'].join('.')
    throw new RequestError([{ field, message: `is missing; ${operation.service.provider} has no default one` }])
  }
  const named = account === undefined || account === DEFAULT_ACCOUNT ? {} : { account: String(account) }
  return { operation, target: { ...named, ...placed, region }, params: withoutUndefined(how.data) }
}

/**
 * What is asked for, hashed as it is spelt: the same however its fields were ordered. Kept as it always was, for other releases
 * compare it. Whether two runs ask for the same, `isSameRequest` says.
 */
export function fingerprintOf({ operation: { name }, target, params }: CheckedRequest): string {
  const [where, how] = [target, params].map((one) => Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
  return sha256(JSON.stringify(how?.length ? [name, where, how] : [name, where]))
}

type Asked = Pick<Run, 'operation' | 'target' | 'params' | 'baseline'>

/**
 * Whether two runs ask for the same, however it is spelt.
 * @param first what was seen of its resource, if anything was, tells e.g. whether the nodes that one names are all there are
 */
export function isSameRequest(first: Asked, second: Asked): boolean {
  const operation = CATALOGUE.get(first.operation)
  if (!operation || first.operation !== second.operation) return false
  const { baseline } = first
  const identity = ({ target, params }: Asked): string => identityOf(operation, { target, params, baseline })
  return operation.resource(first.target) === operation.resource(second.target) && identity(first) === identity(second)
}

function identityOf(operation: LifecycleOperation, order: Pick<Asked, 'target' | 'params' | 'baseline'>): string {
  return JSON.stringify([operation.name, operation.resource(order.target), sorted(operation.identity(order))])
}

/** However the fields were ordered; what is undefined is not there. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, one]) => [key, sorted(one)])
}

function withoutUndefined(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, one]) => one !== undefined))
}
