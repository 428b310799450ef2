import { UnreachableError } from '../../../fetch-text.ts'
import type { FetchText } from '../../../source.ts'
import { SignatureError } from '../../../verify/signature-error.ts'
import { readCertificate, type SigningCertificate } from './certificate.ts'
import { createFetchLimiter, dropOldest } from './fetch-limiter.ts'

export interface CertificateCache {
  /**
   * @param wanted `url` must be an allowed link, `topic` the URN of a configured topic
   * @throws {UnreachableError | SignatureError}
   */
  find(wanted: Wanted, fetchText: FetchText): Promise<SigningCertificate>
  /** Records that the certificate has verified a message of a configured topic, which only SMN can cause. */
  noteProven(url: URL, certificate: SigningCertificate, nowMs: number): void
}

interface Wanted {
  url: URL
  topic: string
  nowMs: number
}

/** A certificate that has verified a message. */
interface Proven {
  certificate: SigningCertificate
  fetchedMs: number
  /** The last refetch, in flight or failed. */
  refetch?: Promise<SigningCertificate>
  /** No other refetch starts before this time. */
  retryMs: number
}

interface Unproven {
  answer: Promise<SigningCertificate>
  fetchedMs: number
  untilMs: number
}

/** Age at which a certificate is fetched again. It stays in use meanwhile, because a URL's certificate does not change. */
const FRESH_MS = 6 * 3600 * 1000

/** Age from which a call waits for the fetch, so that a withdrawn certificate is forgotten within a day. */
const DAY_MS = 24 * 3600 * 1000

/** A failed fetch is not repeated before, so that a flood of unsigned messages does not become a flood of requests to SMN. */
const FAILURE_KEPT_MS = 10_000

/** Sixteen regions with two certificates each, while one is replaced. */
const MAX_PROVEN = 32

/** More than the fetch limiter allows in the time that a failure is kept. */
const MAX_UNPROVEN = 256

/**
 * Caches certificates of SMN; each is fetched once, even if many messages wait for it. Proven ones, which have verified a
 * message, are kept apart: their refetch is not limited (one in 10 s each), and unproven names never displace them.
 */
export function createCertificateCache(): CertificateCache {
  const proven = new Map<string, Proven>()
  const unproven = new Map<string, Unproven>()
  const mayFetch = createFetchLimiter()

  const findUnproven = ({ url, topic, nowMs }: Wanted, fetchText: FetchText): Promise<SigningCertificate> => {
    const known = unproven.get(url.href)
    if (known && nowMs < known.untilMs) return known.answer
    if (!mayFetch(topic, url.href, nowMs)) {
      return Promise.reject(
        new UnreachableError('too many unknown certificates of SMN were requested; try again later'),
      )
    }
    for (const [href, { untilMs }] of unproven) if (nowMs >= untilMs) unproven.delete(href)
    const entry = { answer: fetched(url, fetchText), fetchedMs: nowMs, untilMs: nowMs + FRESH_MS }
    entry.answer.catch(() => {
      entry.untilMs = nowMs + FAILURE_KEPT_MS
    })
    unproven.set(url.href, entry)
    dropOldest(unproven, MAX_UNPROVEN)
    return entry.answer
  }

  return {
    find: async (wanted, fetchText) => {
      const known = proven.get(wanted.url.href)
      return known ? current(known, wanted, fetchText) : findUnproven(wanted, fetchText)
    },
    noteProven: ({ href }, certificate, nowMs) => {
      const known = proven.get(href) ?? { certificate, fetchedMs: unproven.get(href)?.fetchedMs ?? nowMs, retryMs: 0 }
      unproven.delete(href)
      // Inserted anew, so that the most recently used one is dropped last.
      proven.delete(href)
      proven.set(href, known)
      dropOldest(proven, MAX_PROVEN)
    },
  }
}

/**
 * Returns a fresh certificate at once, and a stale one while it is fetched again or if that fails. It never returns one past
 * its own end, nor, after a day, one that SMN no longer has.
 */
async function current(known: Proven, wanted: Wanted, fetchText: FetchText): Promise<SigningCertificate> {
  const { certificate, fetchedMs } = known
  const { nowMs } = wanted
  if (nowMs < fetchedMs + FRESH_MS) return certificate
  const refetch = refetched(known, wanted, fetchText)
  const isOver = nowMs > certificate.validToMs
  if (!isOver && nowMs < fetchedMs + DAY_MS) return certificate
  try {
    return await refetch
  } catch (error) {
    if (isOver || error instanceof NotFoundError) throw error
    return certificate
  }
}

/** At most one fetch in 10 s. Its failure is handled here, because nobody may be waiting for it. */
function refetched(known: Proven, { url, nowMs }: Wanted, fetchText: FetchText): Promise<SigningCertificate> {
  if (known.refetch && nowMs < known.retryMs) return known.refetch
  known.retryMs = nowMs + FAILURE_KEPT_MS
  known.refetch = fetched(url, fetchText)
  known.refetch.then(
    (certificate) => Object.assign(known, { certificate, fetchedMs: nowMs }),
    () => undefined,
  )
  return known.refetch
}

class NotFoundError extends UnreachableError {}

const NOT_FOUND: readonly number[] = [404, 410]

async function fetched(url: URL, fetchText: FetchText): Promise<SigningCertificate> {
  const { status, text } = await fetchText(url)
  // An error even for 404: SMN resends an authentic message whose certificate is late only after a 5xx response.
  if (status !== 200) {
    const message = `the certificate of SMN could not be fetched: ${url.host} answered ${status}`
    throw NOT_FOUND.includes(status) ? new NotFoundError(message) : new UnreachableError(message)
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new SignatureError('the certificate of SMN is not a PEM certificate')
  return readCertificate(text)
}
