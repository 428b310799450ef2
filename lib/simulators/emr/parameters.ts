import * as z from 'zod'
import { type EmrError, type EmrErrorCode, emrError } from './answers.ts'

type Issue = z.core.$ZodIssue

/** A string of a closed set. Another string has a wrong value, anything else a wrong type. */
export const oneOf = <const T extends [string, ...string[]]>(values: T) => z.string().pipe(z.enum(values))

/** The same for whole numbers. */
export const oneOfNumbers = <const T extends [number, ...number[]]>(values: T) => z.int().pipe(z.literal(values))

/** In the order in which the API checks. */
const CODES = [
  'UnknownParameter',
  'MissingParameter',
  'InvalidParameter',
  'InvalidParameterValue',
] satisfies EmrErrorCode[]

/** The checked parameters, or an error for the first wrong one. Undefined fields are errors, too. */
export function parametersOf<T>(schema: z.ZodType<T>, body: unknown): { given: T } | { refusal: EmrError } {
  const parsed = schema.safeParse(body)
  if (parsed.success) return { given: parsed.data }
  const errors = parsed.error.issues.map((issue) => ({ code: codeOf(issue, body), name: nameOf(issue) }))
  const [first] = errors.sort((a, b) => CODES.indexOf(a.code) - CODES.indexOf(b.code))
  return { refusal: emrError(first?.code ?? 'InvalidParameter', `\`${first?.name}\``) }
}

function codeOf(issue: Issue, body: unknown): (typeof CODES)[number] {
  if (issue.code === 'unrecognized_keys') return 'UnknownParameter'
  if (issue.code !== 'invalid_type') return 'InvalidParameterValue'
  return valueAt(body, issue.path) === undefined ? 'MissingParameter' : 'InvalidParameter'
}

/** `StrategyConfig.BatchSize`, `InstanceIds.0`. */
function nameOf(issue: Issue): string {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  return [...issue.path, ...unknown].join('.')
}

function valueAt(body: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], body)
}
