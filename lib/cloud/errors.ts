/**
 * What went wrong, seen by the one question that matters: what may be done about it.
 *
 * `input` our own schema refused, nothing was sent · `invalid` the provider refused the request as it stands ·
 * `unauthenticated` bad or expired credentials · `denied` no permission · `not-found` the resource does not exist ·
 * `unsupported` this resource cannot do that · `precondition` something must be done first ·
 * `busy` the resource is at work, ask again in a while · `throttled` too many requests ·
 * `unavailable` the provider or its gateway is in trouble · `failed` the provider tried and failed ·
 * `timeout` no answer in time · `network` no connection, or it broke · `unreadable` an answer that makes no sense.
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

/** Whether the change that was asked for may have begun: `none` = certainly not. */
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
  /** Refused for the state in which the resource is, whatever that is. */
  byState?: true
  /** The answer came whole, and is not of the documented shape: it will hardly be at the next look. */
  otherShape?: true
  /** Nothing was sent: of the server it says nothing. */
  unsent?: true
}

/** The one error of the cloud-call library. Its message is fit for operators and never holds a secret. */
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
