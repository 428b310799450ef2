import type { ChangeMade, ErrorKind } from './errors.ts'
import type { Operation, ProviderName, RequestParts } from './operation.ts'

/** What goes on the wire. */
export interface WireRequest {
  /** `https://host[:port]` */
  origin: string
  method: string
  /** Path with query. */
  path: string
  headers: Record<string, string>
  body?: string
}

/** What came back, whole and within the body bound. */
export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

/** An answer that says no, or nothing that can be understood. */
export interface Refusal {
  kind: ErrorKind
  change: ChangeMade
  what: string
  code?: string
  /** The wait that the answer's text asks for. */
  retryAfterMs?: number
}

export type Reading = { payload: unknown } | { refusal: Refusal }

/** All in which one cloud differs from another, bound to one account and region. */
export interface Provider {
  /** `https://host[:port]` */
  origin: string
  /** Whose calls the cloud counts together. */
  account: string
  /** How many calls of one API it takes a second. */
  perSecond: number
  /** Builds and signs; called anew for every attempt, for a signature ages. */
  prepare(api: string, parts: RequestParts, nowMs: number): WireRequest
  /** Reads an answer; a 2xx may be a refusal, too. @param decode instead of JSON */
  read(answer: Answer, decode: Operation['decode']): Reading
  requestId(answer: Answer): string | undefined
  /** Texts that must never leave in a message. */
  secrets: string[]
}

/** Which account of a provider, and where. */
export interface AccountPlace {
  /** Name of a configured account; absent = the default one. */
  account?: string | undefined
  /** Provider's region id, e.g. `cn-north-4`, `ap-guangzhou`. */
  region: string
}

/**
 * Finds the account's provider.
 * @param renewed credentials that were refused: look for newer ones at their source
 * @throws {NoCredentials}
 */
export type FindProvider = (name: ProviderName, place: AccountPlace, renewed: boolean) => Provider | Promise<Provider>

/** There are none (`unauthenticated`), or their source cannot be asked now (`unavailable`). */
export class NoCredentials extends Error {
  override readonly name = 'NoCredentials'
  readonly kind: 'unauthenticated' | 'unavailable'

  constructor(kind: 'unauthenticated' | 'unavailable', message: string) {
    super(message)
    this.kind = kind
  }
}

/** JSON, or why not. An integer beyond 2^53 is kept exactly, as a bigint. */
export function readJson(text: string, decode: Operation['decode']): Reading {
  try {
    if (decode) return { payload: decode(text) }
    return { payload: LONG_NUMBER.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text) }
  } catch {
    // Whole: what is cut before it is cleaned may hold half a secret. `redact` bounds it.
    return unreadable(`the answer is not JSON: ${JSON.stringify(text)}`)
  }
}

export function unreadable(what: string): { refusal: Refusal } {
  return { refusal: { kind: 'unreadable', change: 'unknown', what } }
}

/** Only such a text can hold an integer that JSON.parse would round; the reviver is slow. */
const LONG_NUMBER = /(?:^|[:,[])\s*-?\d{16}/

function exactInteger(_key: string, value: unknown, { source }: { source?: string } = {}): unknown {
  const rounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
  return rounded && source && /^-?\d+$/.test(source) ? BigInt(source) : value
}
