import { issueAt, issuesOf } from '../../basics/field-issues.ts'
import { didYouMean } from '../../basics/nearest.ts'
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
  /** Path of the target in the sender's body. */
  targetPath: readonly string[]
}

interface Unchecked {
  operation: unknown
  target: unknown
  params?: unknown
  within?: readonly string[] | undefined
}

/**
 * Checks operation, target and params against the catalogue.
 * @param targetPath of the target in the request
 * @throws {RequestError} naming each field as the sender wrote it
 */
export function checkRequest(
  { operation: name, target, params, within = [] }: Unchecked,
  regions: DefaultRegions,
  targetPath: readonly string[] = ['target'],
): CheckedRequest {
  const operation = typeof name === 'string' ? CATALOGUE.get(name) : undefined
  if (!operation) throw new RequestError([issueAt([...within, 'operation'], unknownOperation(name))])
  const at = [...within, ...targetPath]
  const parsedTarget = operation.target.safeParse(target)
  const parsedParams = operation.params.safeParse(params ?? {})
  const issues = [
    ...(parsedTarget.error ? issuesOf(parsedTarget.error, at) : []),
    ...(parsedParams.error ? issuesOf(parsedParams.error, [...within, 'params']) : []),
  ]
  if (issues.length > 0) throw new RequestError(issues)
  const { account, ...located } = {
    region: regions[operation.service.provider],
    account: undefined,
    ...withoutUndefined(parsedTarget.data),
  }
  const { region } = located
  if (region === undefined) {
    const message = `is missing; no default region is configured for ${operation.service.provider}`
    throw new RequestError([issueAt([...at, 'region'], message)])
  }
  const named = account === undefined || account === DEFAULT_ACCOUNT ? {} : { account: String(account) }
  return {
    ...{ operation, target: { ...named, ...located, region }, targetPath: at },
    params: withoutUndefined(parsedParams.data),
  }
}

/** Names the operation that was probably meant. */
export function unknownOperation(name: unknown): string {
  if (name === undefined) return 'is missing; GET /operations lists all operations'
  return `${didYouMean(name, [...CATALOGUE.keys()])}; GET /operations lists all operations`
}

function withoutUndefined(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, one]) => one !== undefined))
}
