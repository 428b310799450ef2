import type * as z from 'zod/mini'
import './issue-text.ts'

export interface FieldIssue {
  /** Dotted path into what was read, e.g. `target.instanceId`; `body` is the whole of it. */
  field: string
  /** The same path in parts, where a part may have a dot. */
  path?: readonly string[]
  /** A body holds the field, unless it says otherwise. */
  in?: 'header' | 'parameter'
  message: string
}

/** Bounds of an answer, however many errors a value has. */
const MAX_ISSUES = 20
const MAX_FIELD = 200

/** Lists the errors that a schema found, one per field. An unknown field is named itself, not its parent. */
export function issuesOf(
  { issues }: { issues: readonly z.core.$ZodIssue[] },
  prefix: readonly string[] = [],
): FieldIssue[] {
  return issues.slice(0, MAX_ISSUES).flatMap((issue) => {
    const path = [...prefix, ...issue.path.map(String)]
    if (issue.code !== 'unrecognized_keys') return [issueAt(path, issue.message)]
    return issue.keys.slice(0, MAX_ISSUES).map((key) => issueAt([...path, key], 'is not a known field'))
  })
}

/** The error at a path of a body; an empty path is the body itself. */
export function issueAt(path: readonly string[], message: string): FieldIssue {
  return { field: path.join('.').slice(0, MAX_FIELD) || 'body', path, message }
}

/** The first error as `field: message`. */
export function firstIssueOf(error: { issues: readonly z.core.$ZodIssue[] }): string {
  const [{ field, message } = { field: 'body', message: 'is not valid' }] = issuesOf(error)
  return `${field}: ${message}`
}
