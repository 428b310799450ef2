import type { ChangeMade, ErrorKind } from './errors.ts'
import type { Headers, Operation, RequestParts } from './operation.ts'
import type { Service } from './service.ts'

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
export interface CloudAnswer {
  status: number
  headers: Headers
  text: string
}

/** An answer that says no, or nothing that can be understood. */
export interface ProviderRefusal {
  kind: ErrorKind
  change: ChangeMade
  what: string
  code?: string
  /** It is refused for the state of the resource. */
  byState?: true
  /** It was read, and is not of the documented shape. */
  otherShape?: true
  /** The wait that the answer's text asks for. */
  retryAfterMs?: number
}

export type ParsedAnswer = { payload: unknown } | { refusal: ProviderRefusal }

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
  read(answer: CloudAnswer, decode: Operation['decode']): ParsedAnswer
  requestId(answer: CloudAnswer): string | undefined
  /** What may be wrong where it is not reached, or does not know the account. */
  hint?: string
  /** Texts that must never leave in a message. */
  secrets: string[]
}

/** Which account of a provider, and where. */
export interface AccountRegion {
  /** Name of a configured account; absent = the default one. */
  account?: string | undefined
  /** Provider's region id, e.g. `cn-north-4`, `ap-guangzhou`. */
  region: string
}

/** How credentials and settings are looked up. `refresh`: the known ones were refused, so their source is asked again. */
export interface Lookup {
  refresh?: boolean | undefined
}

/** Finds the provider of a service for an account and region. @throws {NoCredentials} */
export type FindProvider = (service: Service, place: AccountRegion, lookup?: Lookup) => Provider | Promise<Provider>

/** There are none (`unauthenticated`), or their source cannot be asked now (`unavailable`). */
export class NoCredentials extends Error {
  override readonly name = 'NoCredentials'
  readonly kind: 'unauthenticated' | 'unavailable'
  /** What of the target is to be named otherwise, where that is all. */
  readonly field: 'account' | 'region' | undefined

  constructor(kind: 'unauthenticated' | 'unavailable', message: string, field?: 'account' | 'region') {
    super(message)
    this.kind = kind
    this.field = field
  }
}
