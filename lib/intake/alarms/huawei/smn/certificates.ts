import { UnreachableError } from '../../../fetch-text.ts'
import type { FetchText } from '../../../source.ts'
import { SignatureError } from '../../../verify/signature-error.ts'
import { readCertificate, type SigningCertificate } from './certificate.ts'

/** @param url one that may be asked. @throws {UnreachableError | SignatureError} */
export type FindCertificate = (url: URL, nowMs: number, fetchText: FetchText) => Promise<SigningCertificate>

/** A certificate stays as it is, and its URL with it; but one that is withdrawn is to be forgotten within the day. */
const KEPT_MS = 6 * 3600 * 1000

/** Whoever floods us with messages that he cannot sign must not have us flood SMN. */
const FAILURE_KEPT_MS = 10_000

/** So many fetches a minute, of whatever names: one a region each six hours is what it takes. */
const MAX_FETCHES = 10
const MINUTE_MS = 60_000

/** Two a region, while one is replaced, of sixteen regions. */
const MAX_KEPT = 32

/** Finds the certificates of SMN; each is fetched once, also where many messages wait for it. */
export function createCertificates(): FindCertificate {
  const kept = new Map<string, { answer: Promise<SigningCertificate>; untilMs: number }>()
  let fetchedMs: number[] = []
  return (url, nowMs, fetchText) => {
    const known = kept.get(url.href)
    if (known && nowMs < known.untilMs) return known.answer
    fetchedMs = fetchedMs.filter((atMs) => nowMs < atMs + MINUTE_MS)
    if (fetchedMs.length >= MAX_FETCHES) {
      return Promise.reject(new UnreachableError(`more than ${MAX_FETCHES} certificates of SMN in a minute`))
    }
    fetchedMs.push(nowMs)
    for (const [href, { untilMs }] of kept) if (nowMs >= untilMs) kept.delete(href)
    for (const href of kept.keys()) if (kept.size >= MAX_KEPT) kept.delete(href)
    const entry = { answer: fetched(url, fetchText), untilMs: nowMs + KEPT_MS }
    entry.answer.catch(() => {
      entry.untilMs = nowMs + FAILURE_KEPT_MS
    })
    kept.set(url.href, entry)
    return entry.answer
  }
}

async function fetched(url: URL, fetchText: FetchText): Promise<SigningCertificate> {
  const { status, text } = await fetchText(url)
  // Also 404: a true message whose certificate is late or lost comes again only where we answer 5xx.
  if (status !== 200)
    throw new UnreachableError(`the certificate of SMN is not to be had: ${url.host} answers ${status}`)
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new SignatureError('the certificate of SMN is none')
  return readCertificate(text)
}
