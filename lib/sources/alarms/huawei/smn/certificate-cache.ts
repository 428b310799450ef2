import { UnreachableError } from '../../../fetch-text.ts'
import type { FetchText } from '../../../source.ts'
import { SignatureError } from '../../../verify/signature-error.ts'
import { readCertificate, type SigningCertificate } from './certificate.ts'
import { createFetchLimiter, dropOldest } from './fetch-limiter.ts'

export interface CertificateCache {
  /**
   * @param wanted `url`: one that may be asked. `topic`: the URN of a topic that is configured
   * @throws {UnreachableError | SignatureError}
   */
  find(wanted: Wanted, fetchText: FetchText): Promise<SigningCertificate>
  /** The certificate has verified a message of a topic that is configured: nobody but SMN can bring that about. */
  noteProven(url: URL, certificate: SigningCertificate, nowMs: number): void
}

interface Wanted {
  url: URL
  topic: string
  nowMs: number
}

/** One that has verified a message. */
interface Proven {
  certificate: SigningCertificate
  fetchedMs: number
  /** The last one, in flight or failed. */
  refetch?: Promise<SigningCertificate>
  /** No other one begins before. */
  retryMs: number
}

interface Unproven {
  answer: Promise<SigningCertificate>
  fetchedMs: number
  untilMs: number
}

/** A certificate stays as it is, and its URL with it. After these it is fetched anew, and goes on serving meanwhile. */
const FRESH_MS = 6 * 3600 * 1000

/** One that is withdrawn is to be forgotten within the day: after it, the fetch is waited for. */
const DAY_MS = 24 * 3600 * 1000

/** Whoever floods us with messages that he cannot sign must not have us flood SMN. */
const FAILURE_KEPT_MS = 10_000

/** Two a region, while one is replaced, of sixteen regions. */
const MAX_PROVEN = 32

/** More than the rations let through in the time that a failure is kept. */
const MAX_UNPROVEN = 256

/**
 * Finds the certificates of SMN; each is fetched once, also where many messages wait for it. Those that have verified a message
 * are kept apart: they are fetched anew without a ration (one fetch of each in 10 s), and unknown names never displace them.
 */
export function createCertificateCache(): CertificateCache {
  const proven = new Map<string, Proven>()
  const unproven = new Map<string, Unproven>()
  const hasRation = createFetchLimiter()

  const findUnproven = ({ url, topic, nowMs }: Wanted, fetchText: FetchText): Promise<SigningCertificate> => {
    const known = unproven.get(url.href)
    if (known && nowMs < known.untilMs) return known.answer
    if (!hasRation(topic, url.href, nowMs)) {
      return Promise.reject(new UnreachableError('too many unknown certificates of SMN are asked for; later again'))
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
      // The one that verified last is dropped last.
      proven.delete(href)
      proven.set(href, known)
      dropOldest(proven, MAX_PROVEN)
    },
  }
}

/**
 * The certificate while it is fresh; a stale one while it is fetched anew, and where that fails. Never one past its own end,
 * nor, after a day, one of which SMN says that it is not there.
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
    if (isOver || error instanceof NotThereError) throw error
    return certificate
  }
}

/** One fetch at a time, and one in 10 s. Its failure is handled here: nobody may be waiting for it. */
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

class NotThereError extends UnreachableError {}

const NOT_THERE: readonly number[] = [404, 410]

async function fetched(url: URL, fetchText: FetchText): Promise<SigningCertificate> {
  const { status, text } = await fetchText(url)
  // Also 404: a true message whose certificate is late or lost comes again only where we answer 5xx.
  if (status !== 200) {
    const message = `the certificate of SMN is not to be had: ${url.host} answers ${status}`
    throw NOT_THERE.includes(status) ? new NotThereError(message) : new UnreachableError(message)
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new SignatureError('the certificate of SMN is none')
  return readCertificate(text)
}
