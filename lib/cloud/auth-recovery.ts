import type { FailedAttempt } from './attempt.ts'
import type { Clocks } from './clocks.ts'
import { findProvider, type ProviderParts } from './find-provider.ts'
import type { Operation } from './operation.ts'
import type { AccountRegion, Provider } from './provider.ts'

/** A call as far as refused credentials concern it. */
export interface RecoverableCall {
  operation: Pick<Operation, 'name' | 'service' | 'effect'>
  context: AccountRegion & { deadlineAtMs: number }
  /** Signs the next attempt. */
  provider: Provider
  clockCorrected: boolean
  credentialsRenewed: boolean
}

/**
 * Tries two corrections where credentials were refused, each once a call: the server's time, then newer credentials.
 * @returns whether another attempt may succeed; `call.provider` signs it
 */
export async function recoverAuth(
  parts: ProviderParts & { clocks: Clocks },
  call: RecoverableCall,
  { failure, date, signedAtMs }: FailedAttempt,
): Promise<boolean> {
  const { operation, context, provider } = call
  const mayHelp = failure.kind === 'unauthenticated' && (operation.effect !== 'once' || failure.change === 'none')
  if (!mayHelp) return false
  if (!call.clockCorrected && parts.clocks.learn(provider.origin, { date, signedAtMs, nowMs: parts.nowMs() })) {
    call.clockCorrected = true
    return true
  }
  if (call.credentialsRenewed) return false
  call.credentialsRenewed = true
  const renewed = await findProvider(parts, operation, { ...context, refresh: true })
  if (renewed.secrets.join() === provider.secrets.join()) return false
  call.provider = renewed
  return true
}
