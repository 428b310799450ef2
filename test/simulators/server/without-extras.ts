/** A parsed body without the fields of this name, which only test tolerance. */
export function withoutExtras(value: unknown, extra: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutExtras(item, extra))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => name !== extra)
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutExtras(inner, extra)]))
}
