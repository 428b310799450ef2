/** Name and value of a dimension or a tag. */
export type NamedValue = [name: string, value: string]

/**
 * Reads a map (EventBridge, Lambda) or a list (SNS). List entries have the keys `name` and `value` in CloudWatch's messages,
 * and `Name` and `Value`, or `Key` and `Value`, in its API. Values that are not text are left out.
 */
export function namedValuesOf(given: unknown): NamedValue[] {
  if (typeof given !== 'object' || given === null) return []
  const entries: [unknown, unknown][] = Array.isArray(given) ? given.map(entryOf) : Object.entries(given)
  return entries.filter((entry): entry is NamedValue => entry.every((part) => typeof part === 'string'))
}

function entryOf(item: unknown): [unknown, unknown] {
  const field = new Map(Object.entries(item ?? {}).map(([key, value]) => [key.toLowerCase(), value]))
  return [field.get('name') ?? field.get('key'), field.get('value')]
}

/** Values by name. A name with two values is ambiguous and left out. */
export function unambiguous(pairs: NamedValue[]): Record<string, string> {
  const values = new Map<string, Set<string>>()
  for (const [name, value] of pairs) values.set(name, (values.get(name) ?? new Set()).add(value))
  return Object.fromEntries(
    [...values].flatMap(([name, [value = '', ...others]]) => (others.length > 0 ? [] : [[name, value]])),
  )
}

/** The value of the only dimension, if all metrics of an alarm share one. */
export function onlyValue(pairs: NamedValue[]): string | undefined {
  const [first, ...others] = new Set(pairs.map(([name]) => name))
  const isOne = first !== undefined && others.length === 0
  return isOne ? Object.values(unambiguous(pairs))[0] : undefined
}
