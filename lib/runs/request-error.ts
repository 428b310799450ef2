import type { FieldIssue } from '../basics/field-issues.ts'

/** The request is not valid. Nothing was stored. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly issues: FieldIssue[]

  constructor(issues: FieldIssue[]) {
    super(issues.map(({ field, message }) => `${field}: ${message}`).join('; '))
    this.issues = issues
  }
}

/** The idempotency key was used for another request. Nothing was stored. */
export class KeyReusedError extends Error {
  override readonly name = 'KeyReusedError'
}

/** No rule allows this sender to request that. Nothing was stored. */
export class NotAllowedError extends Error {
  override readonly name = 'NotAllowedError'
}
