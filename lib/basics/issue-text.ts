import * as z from 'zod/mini'

/** A fault that a schema found, before it has its words. */
type Issue = z.core.$ZodRawIssue

/**
 * Describes a fault for whoever sent the value, by its code: `is missing`, `must be a whole number`. A message that a schema
 * brings itself goes before.
 */
export function issueText(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, issue.input)
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : oneOf(issue.values.map(String))
    case 'too_small':
      return bound(issue, issue.inclusive ? 'at least' : 'more than', issue.minimum)
    case 'too_big':
      return bound(issue, issue.inclusive ? 'at most' : 'less than', issue.maximum)
    case 'invalid_format':
      return FORMATS[issue.format] ?? `is not a valid ${issue.format}`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'unrecognized_keys':
      return `has fields that are not known: ${issue.keys.join(', ')}`
    case 'invalid_key':
      return 'has a key that is not valid'
    default:
      return issue.input === undefined ? 'is missing' : 'has none of the forms that it may have'
  }
}

// Every schema of zod and of zod/mini asks it, whichever is loaded first; `localeError` is set anew by each of them.
z.config({ customError: issueText })

function wrongType(expected: string, input: unknown): string {
  if (input === undefined) return 'is missing'
  if (expected === 'int' && typeof input === 'number') return 'must be a whole number'
  return `must be ${nounOf(expected)}, not ${nounOf(kindOf(input))}`
}

function kindOf(input: unknown): string {
  if (input === null) return 'null'
  if (Array.isArray(input)) return 'array'
  if (Number.isNaN(input)) return 'NaN'
  return typeof input
}

const NOUNS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  record: 'an object',
  object: 'an object',
  array: 'an array',
  undefined: 'nothing',
  null: 'null',
  NaN: 'a text that is no number',
}

function nounOf(type: string): string {
  return NOUNS[type] ?? `a ${type}`
}

function oneOf(values: string[]): string {
  return values.length === 1 ? `must be ${JSON.stringify(values[0])}` : `must be one of ${values.join(', ')}`
}

const FORMATS: Readonly<Record<string, string>> = {
  regex: 'has another form than it must have',
  url: 'is not a valid URL',
  uuid: 'is not a valid UUID',
  ipv4: 'is not a valid IPv4 address',
  ipv6: 'is not a valid IPv6 address',
  datetime: 'is not a valid ISO datetime',
  date: 'is not a valid ISO date',
}

/** Units of what has a length; a number has none. */
const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'items', set: 'items', map: 'entries' }

function bound({ origin, exact }: { origin: string; exact?: boolean }, limit: string, number: number | bigint): string {
  const unit = UNITS[origin]
  const amount = `${exact ? 'exactly' : limit} ${number}`
  return unit ? `must have ${amount} ${unit}` : `must be ${amount}`
}
