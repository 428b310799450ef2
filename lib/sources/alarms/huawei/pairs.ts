import * as z from 'zod'

/** Names and values come as text, as a list or as an object, depending on the year and on the field. */
const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const List = z.array(z.unknown())
const Pair = z.object({ name: Scalar.optional(), key: Scalar.optional(), value: Scalar })
const Fields = z.record(z.string(), z.unknown())

/** A resource has at most 20 tags, an alarm four dimensions. */
const MAX_PAIRS = 50
const MAX_NAME = 128
const MAX_VALUE = 255

/**
 * Reads names and values. A name that occurs twice is ambiguous and left out, and so is anything too long or no pair.
 * @param separator between name and value, in text: `a:1,b:2`
 */
export function pairsOf(value: unknown, separator: RegExp): Record<string, string> {
  const pairs = anyPairs(value, separator)
  const doubled = doubledNames(pairs)
  return Object.fromEntries(pairs.slice(0, MAX_PAIRS).filter((pair) => !doubled.has(pair[0]) && isSound(pair)))
}

/** Merges the pairs of two places of one event. A name with two values is ambiguous and left out. */
export function agreeingPairs(one: Record<string, string>, other: Record<string, string>): Record<string, string> {
  const disagrees = (name: string): boolean =>
    Object.hasOwn(one, name) && Object.hasOwn(other, name) && one[name] !== other[name]
  return Object.fromEntries(Object.entries({ ...one, ...other }).filter(([name]) => !disagrees(name)))
}

function doubledNames(pairs: [string, string][]): ReadonlySet<string> {
  const seen = new Set<string>()
  const doubled = new Set<string>()
  for (const [name] of pairs) (seen.has(name) ? doubled : seen).add(name)
  return doubled
}

function anyPairs(value: unknown, separator: RegExp): [string, string][] {
  if (typeof value === 'string') return value.split(',').flatMap((part) => textPair(part, separator))
  const list = List.safeParse(value)
  if (list.success) return list.data.flatMap(listedPair)
  return Object.entries(Fields.safeParse(value).data ?? {}).flatMap(([name, field]) => {
    const scalar = Scalar.safeParse(field)
    return scalar.success ? [[name, scalar.data]] : []
  })
}

/** A value may contain the separator; a name may not. */
function textPair(part: string, separator: RegExp): [string, string][] {
  const at = part.search(separator)
  return at > 0 ? [[part.slice(0, at).trim(), part.slice(at + 1).trim()]] : []
}

function listedPair(entry: unknown): [string, string][] {
  const { name, key, value } = Pair.safeParse(entry).data ?? {}
  const label = name ?? key
  return label !== undefined && value !== undefined ? [[label, value]] : []
}

function isSound([name, value]: [string, string]): boolean {
  return (
    name !== '' &&
    name !== '__proto__' &&
    name.length <= MAX_NAME &&
    value.length <= MAX_VALUE &&
    name.isWellFormed() &&
    value.isWellFormed()
  )
}
