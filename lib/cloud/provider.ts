import type { ChangeMade, ErrorKind } from './errors.ts'
import type { Headers, Operation, RequestParts } from './operation.ts'
import type { Service } from './service.ts'

/** A request as it goes on the wire. */
export interface WireRequest {
  /** `https://host[:port]` */
  origin: string
  method: string
  /** Path with query. */
  path: string
  headers: Record<string, string>
  body?: string
}

/** A whole answer, within the body bound. */
export interface CloudAnswer {
  status: number
  headers: Headers
  text: string
}

/** An answer that refuses, or that cannot be understood. */
export interface ProviderRefusal {
  kind: ErrorKind
  change: ChangeMade
  what: string
  code?: string
  /** The state of the resource is the reason. */
  byState?: true
  /** The answer was parsed, but differs from its documentation. */
  otherShape?: true
  /** The wait that the answer's text asks for, where no header does. */
  retryAfterMs?: number
}

export type ParsedAnswer = { payload: unknown } | { refusal: ProviderRefusal }

/** Everything in which the clouds differ, bound to one account and region. */
export interface Provider {
  /** `https://host[:port]` */
  origin: string
  /** The account by which the cloud counts calls. */
  account: string
  /** Calls of one API that the cloud takes per second. */
  perSecond: number
  /** Builds and signs; called again for every attempt, because signatures expire. */
  prepare(api: string, parts: RequestParts, nowMs: number): WireRequest
  /** Parses an answer; a 2xx may be a refusal, too. @param decode replaces the JSON parser */
  read(answer: CloudAnswer, decode: Operation['decode']): ParsedAnswer
  requestId(answer: CloudAnswer): string | undefined
  /** A likely mistake in the settings, for failures to reach the cloud or to sign in. */
  hint?: string
  /** Texts that no message may contain. */
  secrets: string[]
}

/** An account of a provider, in one region. */
export interface AccountRegion {
  /** Name of a configured account; absent = the default one. */
  account?: string | undefined
  /** Provider's region id, e.g. `cn-north-4`, `ap-guangzhou`. */
  region: string
}

/** Settings of a provider that is bound to an account. */
export interface BindOptions {
  region: string
  /** Replaces the usual endpoint of the service and region. */
  endpoint?: string | undefined
  /** Replaces the rate limit of the service. */
  perSecond?: number
}

/** `refresh`: the known credentials were refused, so their source is read again. */
export interface Lookup {
  refresh?: boolean | undefined
}

/** Finds the provider of a service for an account and region. @throws {NoCredentials} */
export type FindProvider = (service: Service, where: AccountRegion, lookup?: Lookup) => Provider | Promise<Provider>

/** There are no credentials (`unauthenticated`), or their source cannot be read now (`unavailable`). */
export class NoCredentials extends Error {
  override readonly name = 'NoCredentials'
  readonly kind: 'unauthenticated' | 'unavailable'
  /** The field of the target to correct, where that suffices. */
  readonly field: 'account' | 'region' | undefined

  constructor(kind: 'unauthenticated' | 'unavailable', message: string, field?: 'account' | 'region') {
    super(message)
    this.kind = kind
    this.field = field
  }
}
