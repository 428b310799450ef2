/**
 * Remembers the results of `make` for at most `max` keys, then forgets them all: rotating keys (days, secrets) never pile up.
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
