import type { ChangeMade, ErrorKind } from './errors.ts'
import type { RequestParts } from './operation.ts'

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

/** An answer that says no. */
export interface Refusal {
  kind: ErrorKind
  change: ChangeMade
  what: string
  code?: string
}

/** All in which one cloud differs from another, bound to one account and region. */
export interface Provider {
  /** Builds and signs; called anew for every attempt, for a signature ages. */
  prepare(parts: RequestParts, nowMs: number): WireRequest
  /** Reads an answer as a refusal, where it is one. A 2xx may be one, too. */
  refusal(answer: Answer): Refusal | undefined
  requestId(answer: Answer): string | undefined
  /** Texts that must never leave in a message. */
  secrets: string[]
}
