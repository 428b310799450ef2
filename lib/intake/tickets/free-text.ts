/** A body of the size that is taken has no honest use for more. */
const MAX_DEPTH = 40

/**
 * What rules may read of a ticket: everything but what anybody may write as he likes.
 * @param keys what holds free text, wherever it stands; it is left out with all that is in it
 */
export function withoutFreeText(value: unknown, keys: ReadonlySet<string>, depth = MAX_DEPTH): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return undefined
  if (Array.isArray(value)) return value.map((one) => withoutFreeText(one, keys, depth - 1))
  const kept = Object.entries(value).filter(([key]) => !keys.has(key))
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutFreeText(one, keys, depth - 1)]))
}
