import * as z from 'zod/mini'

/** An error that a schema found, before it has a message. */
type Issue = z.core.$ZodRawIssue

/**
 * Describes an error for the sender of the value, by its code: `is missing`, `must be a whole number`. A schema's own message
 * overrides it.
 */
function issueText(issue: Issue): string {
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
      return `has unknown fields: ${issue.keys.join(', ')}`
    case 'invalid_key':
      return 'has an invalid key'
    default:
      return issue.input === undefined ? 'is missing' : 'matches none of the allowed forms'
  }
}

// Valid for every schema of zod and zod/mini, in any order of loading; each of them would overwrite `localeError`.
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
  NaN: 'NaN',
}

function nounOf(type: string): string {
  return NOUNS[type] ?? `a ${type}`
}

function oneOf(values: string[]): string {
  return values.length === 1 ? `must be ${JSON.stringify(values[0])}` : `must be one of ${values.join(', ')}`
}

const FORMATS: Readonly<Record<string, string>> = {
  regex: 'does not match the required pattern',
  url: 'is not a valid URL',
  uuid: 'is not a valid UUID',
  ipv4: 'is not a valid IPv4 address',
  ipv6: 'is not a valid IPv6 address',
  datetime: 'is not a valid ISO datetime',
  date: 'is not a valid ISO date',
}

/** Units by type; a number has none. */
const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'items', set: 'items', map: 'entries' }

function bound({ origin, exact }: { origin: string; exact?: boolean }, limit: string, number: number | bigint): string {
  const unit = UNITS[origin]
  const amount = `${exact ? 'exactly' : limit} ${number}`
  return unit ? `must have ${amount} ${unit}` : `must be ${amount}`
}
