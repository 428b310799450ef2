/** Deeper than any real ticket. */
const MAX_DEPTH = 40

/**
 * Removes from a ticket all text that anybody may write freely; rules may read the rest.
 * @param isFree whether a key of an object holds free text; it is removed with everything in it
 */
export function withoutFreeText(
  value: unknown,
  isFree: (key: string, holder: object) => boolean,
  depth = MAX_DEPTH,
): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return undefined
  if (Array.isArray(value)) return value.map((one) => withoutFreeText(one, isFree, depth - 1))
  const kept = Object.entries(value).filter(([key]) => !isFree(key, value))
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutFreeText(one, isFree, depth - 1)]))
}
