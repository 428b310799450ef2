/** What stands at a dotted path; of own properties only. */
export function fieldOf(fields: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => own(value, key), fields)
}

/** @returns undefined where the value is no object, or inherits what the key names: JSON may name a key `toString` */
export function own<Value>(value: Readonly<Record<string, Value>>, key: string): Value | undefined
export function own(value: unknown, key: string): unknown
export function own(value: unknown, key: string): unknown {
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key)
  return isThere ? (value as Record<string, unknown>)[key] : undefined // an object, seen above
}
