import { issuesOf } from '../../basics/field-issues.ts'
import { sha256 } from '../../basics/sha256.ts'
import { DEFAULT_ACCOUNT } from '../../cloud/accounts.ts'
import type { ProviderName } from '../../cloud/service.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import type { LifecycleOperation } from '../../services/lifecycle.ts'
import { RequestError } from '../request-error.ts'
import type { Run } from '../run.ts'

/** The region of targets that name none. */
export type DefaultRegions = Readonly<Partial<Record<ProviderName, string | undefined>>>

/** A request that fits the catalogue. */
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
  const parsedTarget = operation.target.safeParse(target)
  const parsedParams = operation.params.safeParse(params ?? {})
  const issues = [
    ...(parsedTarget.error ? issuesOf(parsedTarget.error, targetField) : []),
    ...(parsedParams.error ? issuesOf(parsedParams.error, ['params']) : []),
  ]
  if (issues.length > 0) throw new RequestError(issues)
  const { account, ...located } = {
    region: regions[operation.service.provider],
    account: undefined,
    ...withoutUndefined(parsedTarget.data),
  }
  const { region } = located
  if (region === undefined) {
    const field = [...targetField, 'region'].join('.')
    throw new RequestError([{ field, message: `is missing; ${operation.service.provider} has no default one` }])
  }
  const named = account === undefined || account === DEFAULT_ACCOUNT ? {} : { account: String(account) }
  return { operation, target: { ...named, ...located, region }, params: withoutUndefined(parsedParams.data) }
}

/**
 * The hash of a request as it is spelt, whatever the order of its fields. It must not change, for other releases compare it.
 * `isSameRequest` tells whether two runs request the same.
 */
export function fingerprintOf({ operation: { name }, target, params }: CheckedRequest): string {
  const [sortedTarget, sortedParams] = [target, params].map((one) =>
    Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  return sha256(JSON.stringify(sortedParams?.length ? [name, sortedTarget, sortedParams] : [name, sortedTarget]))
}

function withoutUndefined(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, one]) => one !== undefined))
}
