/**
 * The kind of a failure, by what may be done about it.
 *
 * `input` our own schema refused it, nothing was sent · `invalid` the provider refused the request as it is ·
 * `unauthenticated` wrong or expired credentials · `denied` no permission · `not-found` no such resource ·
 * `unsupported` this resource cannot do that · `precondition` something must be done first ·
 * `busy` the resource is at work, ask again later · `throttled` too many requests ·
 * `unavailable` the provider or its gateway has a fault · `failed` the provider tried and failed ·
 * `timeout` no answer in time · `network` no connection, or it broke · `unreadable` an answer that cannot be understood.
 */
export type ErrorKind =
  | 'input'
  | 'invalid'
  | 'unauthenticated'
  | 'denied'
  | 'not-found'
  | 'unsupported'
  | 'precondition'
  | 'busy'
  | 'throttled'
  | 'unavailable'
  | 'failed'
  | 'timeout'
  | 'network'
  | 'unreadable'

/** Whether the requested change may have begun: `none` = certainly not. */
export type ChangeMade = 'none' | 'unknown'

export interface CloudErrorFacts {
  /** The operation's name, e.g. `dcs.instance.restart`. */
  operation: string
  kind: ErrorKind
  change: ChangeMade
  /** One sentence: what happened. */
  what: string
  /** The provider's own code, in its canonical spelling, e.g. `DCS.4855`. */
  code?: string
  /** HTTP status. */
  status?: number
  requestId?: string
  /** The wait that the server asked for. */
  retryAfterMs?: number
  /** The state of the resource is the reason of the refusal, and may never change. */
  byState?: true
  /** The answer came whole but differs from its documentation: asking again will hardly help. */
  otherShape?: true
  /** Nothing was sent, so it shows nothing about the server. */
  unsent?: true
}

/** The one error of the cloud-call library. Its message is written for operators and never holds a secret. */
export class CloudError extends Error {
  override readonly name = 'CloudError'
  readonly facts: CloudErrorFacts

  constructor(facts: CloudErrorFacts) {
    const code = facts.code ? `${facts.code}: ` : ''
    const request = facts.requestId ? ` (request ${facts.requestId})` : ''
    super(`${facts.operation}: ${code}${facts.what}${request}`)
    this.facts = facts
  }
}
