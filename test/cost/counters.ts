/** Figures by their names. */
export type Counters = Record<string, number>

export function add(counters: Counters, name: string, amount: number): void {
  counters[name] = (counters[name] ?? 0) + amount
}

/** What is more in one than in the other: names of both. */
export function difference(whole: Counters, part: Counters): Counters {
  return combined([whole, part], ([a = 0, b = 0]) => a - b)
}

export function mean(all: readonly Counters[]): Counters {
  return combined(all, (values) => values.reduce((sum, value) => sum + value, 0) / all.length)
}

function combined(all: readonly Counters[], of: (values: number[]) => number): Counters {
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))].sort()
  return Object.fromEntries(names.map((name) => [name, of(all.map((one) => one[name] ?? 0))]))
}
