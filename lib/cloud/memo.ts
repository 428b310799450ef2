/**
 * Remembers what `make` gave for a key, for at most `max` keys: then it begins anew, so that what rotates (days, secrets)
 * never piles up.
 */
export function memo<Value>(max: number, make: (key: string) => Value): (key: string) => Value {
  const made = new Map<string, Value>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known
    if (made.size >= max) made.clear()
    const value = make(key)
    made.set(key, value)
    return value
  }
}
