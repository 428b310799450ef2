/** The value at a dotted path, through own properties only. */
export function fieldOf(fields: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => own(value, key), fields)
}

/** An own property of a value. @returns undefined for inherited ones, such as `toString`, and if the value is no object */
export function own<Value>(value: Readonly<Record<string, Value>>, key: string): Value | undefined
export function own(value: unknown, key: string): unknown
export function own(value: unknown, key: string): unknown {
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key)
  return isThere ? (value as Record<string, unknown>)[key] : undefined // checked above: an object
}
