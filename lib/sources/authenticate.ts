import type { Lookup } from '../cloud/provider.ts'
import type { Unpacked } from '../http/content-encoding.ts'
import { type FindSettings, settingsOf } from './settings.ts'
import type { AuthenticRequest, FetchText, WebhookRequest, WebhookSource } from './source.ts'
import { SignatureError } from './verify/signature-error.ts'

/** Dependencies of proving a request. */
interface AuthenticateContext {
  settings: FindSettings
  fetchText: FetchText
}

/**
 * Proves the sender of a webhook. If no secret matches, it reads the secrets again once, because they may just have been replaced.
 * @returns the request with the unpacked body, so that a body that is packed in another way has the same record
 * @throws {SignatureError | NotConfiguredError | UnreachableError}
 */
export async function authenticate(
  { settings: find, fetchText }: AuthenticateContext,
  source: WebhookSource,
  { request, unpacked }: { request: WebhookRequest; unpacked: Unpacked },
): Promise<AuthenticRequest> {
  // Some senders sign the body before they pack it, others after: either signature proves what is read.
  const isPacked = 'body' in unpacked && unpacked.body !== request.body
  const asRead = isPacked ? { ...request, body: unpacked.body } : request
  const candidates = isPacked ? [request, asRead] : [request]
  const verified = async (lookup?: Lookup): Promise<AuthenticRequest> => {
    const settings = await settingsOf(source, find, lookup)
    const deliveryId = await firstProven(candidates, (candidate) => source.verify(candidate, settings, fetchText))
    return { ...asRead, settings, deliveryId }
  }
  try {
    return await verified()
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error
    return verified({ refresh: true })
  }
}

/** @throws {SignatureError} of the last candidate if none is proven */
async function firstProven(
  candidates: WebhookRequest[],
  verify: (request: WebhookRequest) => string | undefined | Promise<string | undefined>,
): Promise<string | undefined> {
  let last: unknown
  for (const candidate of candidates) {
    try {
      return await verify(candidate)
    } catch (error) {
      if (!(error instanceof SignatureError)) throw error
      last = error
    }
  }
  throw last
}
