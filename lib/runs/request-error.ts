import type * as z from 'zod'

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

/** A schema's complaints, one a field: an unknown field is named itself, not its parent. */
export function issuesOf(error: Pick<z.ZodError, 'issues'>, prefix: string[] = []): FieldIssue[] {
  return error.issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path.map(String)]
    if (issue.code !== 'unrecognized_keys') return [{ field: path.join('.') || 'body', message: issue.message }]
    return issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'is not a known field' }))
  })
}
