import { CATALOGUE } from '../cloud/catalogue.ts'
import type { LifecycleOperation } from '../cloud/lifecycle.ts'
import type { ProviderName } from '../cloud/operation.ts'
import { issuesOf, RequestError } from './request-error.ts'
import type { Run } from './run.ts'
import { sha256 } from './sha256.ts'

/** Where targets are that name no region. */
export type DefaultRegions = Readonly<Partial<Record<ProviderName, string | undefined>>>

/** What is to be done, on what and how: checked. */
export interface Wish {
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
export function checkWish(
  { operation: name, target, params }: Unchecked,
  regions: DefaultRegions,
  targetField = ['target'],
): Wish {
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
  const placed = { region: regions[operation.provider], ...withoutUndefined(where.data) }
  const { region } = placed
  if (region === undefined) {
    const field = [...targetField, 'region'].join('.')
    throw new RequestError([{ field, message: `is missing; ${operation.provider} has no default one` }])
  }
  return { operation, target: { ...placed, region }, params: withoutUndefined(how.data) }
}

/** The same however the fields were ordered: the schemas of the catalogue give nested ones their own order. */
export function fingerprintOf({ operation: { name }, target, params }: Wish): string {
  const [where, how] = [target, params].map((one) => Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
  // Without params as it was before there were any: a key that was used then is still known.
  return sha256(JSON.stringify(how?.length ? [name, where, how] : [name, where]))
}

function withoutUndefined(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, one]) => one !== undefined))
}
