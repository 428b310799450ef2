import { CloudError } from './errors.ts'
import type { Operation } from './operation.ts'
import { type AccountRegion, type FindProvider, type Lookup, NoCredentials, type Provider } from './provider.ts'

export interface ProviderParts {
  provider: FindProvider
  nowMs: () => number
}

/** Finds the provider of an account and region. @throws {CloudError} where it has no credentials, or they do not come in time */
export async function findProvider(
  parts: ProviderParts,
  operation: Pick<Operation, 'name' | 'service'>,
  context: AccountRegion & Lookup & { deadlineAtMs: number },
): Promise<Provider> {
  try {
    const { refresh } = context
    const found = parts.provider(operation.service, context, refresh === undefined ? undefined : { refresh })
    return found instanceof Promise ? await within(context.deadlineAtMs - parts.nowMs(), found) : found
  } catch (error) {
    if (!(error instanceof NoCredentials)) throw error
    const { kind, message } = error
    throw new CloudError({ operation: operation.name, kind, change: 'none', what: message, unsent: true })
  }
}

/** Bounds the wait: the source of credentials is asked over a network of its own. */
async function within<Value>(waitMs: number, pending: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const what = 'the credentials did not come in time'
  const timer = setTimeout(() => late.reject(new NoCredentials('unavailable', what)), Math.max(0, waitMs))
  try {
    return await Promise.race([pending, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
