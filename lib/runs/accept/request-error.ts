import type * as z from 'zod'
import { plainWords } from './plain-words.ts'

export interface FieldIssue {
  /** Dotted path into the request, e.g. `target.instanceId`. */
  field: string
  message: string
}

/** The wish cannot be accepted as it stands. Nothing was stored. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly issues: FieldIssue[]

  constructor(issues: FieldIssue[]) {
    super(issues.map(({ field, message }) => `${field}: ${message}`).join('; '))
    this.issues = issues
  }
}

/** The idempotency key was used for another wish. Nothing was stored. */
export class KeyReusedError extends Error {
  override readonly name = 'KeyReusedError'
}

/** No rule lets this sender ask for that. Nothing was stored. */
export class NotAllowedError extends Error {
  override readonly name = 'NotAllowedError'
}

/** A schema's complaints, one a field: an unknown field is named itself, not its parent. */
export function issuesOf(error: Pick<z.ZodError, 'issues'>, prefix: string[] = []): FieldIssue[] {
  return error.issues.slice(0, MAX_ISSUES).flatMap((issue) => {
    const path = [...prefix, ...issue.path.map(String)]
    const field = (...keys: string[]): string => [...path, ...keys].join('.').slice(0, MAX_FIELD) || 'body'
    if (issue.code !== 'unrecognized_keys') return [{ field: field(), message: plainWords(issue.message) }]
    return issue.keys.slice(0, MAX_ISSUES).map((key) => ({ field: field(key), message: 'is not a known field' }))
  })
}

/** For where one is enough to know what it is. */
export function firstIssueOf(error: Pick<z.ZodError, 'issues'>): string {
  const [{ field, message } = { field: 'body', message: 'is not valid' }] = issuesOf(error)
  return `${field}: ${message}`
}

/** An answer names enough to go on with, however much is wrong. */
const MAX_ISSUES = 20
const MAX_FIELD = 200
