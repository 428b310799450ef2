/** A name and what it stands for: of a dimension, of a tag. */
export type NamedValue = [name: string, value: string]

/**
 * The pairs of a map (EventBridge, Lambda), or of a list (SNS), whose keys are `name` and `value` in messages of CloudWatch, and
 * `Name` and `Value`, or `Key` and `Value`, in its API. What is no text is left out.
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

/** By name. What has two values names neither, and is left out. */
export function unambiguous(pairs: NamedValue[]): Record<string, string> {
  const values = new Map<string, Set<string>>()
  for (const [name, value] of pairs) values.set(name, (values.get(name) ?? new Set()).add(value))
  return Object.fromEntries(
    [...values].flatMap(([name, [value = '', ...others]]) => (others.length > 0 ? [] : [[name, value]])),
  )
}

/** What an alarm is about, where its metrics have one dimension in all. */
export function onlyValue(pairs: NamedValue[]): string | undefined {
  const [first, ...others] = new Set(pairs.map(([name]) => name))
  const isOne = first !== undefined && others.length === 0
  return isOne ? Object.values(unambiguous(pairs))[0] : undefined
}
