/** Figures of one group and the ratios made of them. */
export interface Measured {
  /** What was measured, how and in which unit. */
  heading: string
  /** Absolute figures for people: they depend on the machine. */
  lines: string[]
  ratios: Ratio[]
}

/** Ours / theirs: smaller is better. */
export interface Ratio {
  /** Its name in the JSON file. */
  name: string
  ours: number
  theirs: number
  unit: string
  /** Ours / theirs is to be no more than this. */
  target: number
}

/**
 * Lets contestants take turns, so that what slows the machine for a while slows them all alike.
 * @returns each one's median over the repeats, the first of which warms up and does not count
 */
export async function inTurns<Name extends string>(
  repeats: number,
  contestants: Record<Name, () => number | Promise<number>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(contestants) as Name[] // its own keys
  const figures = names.map(() => [] as number[])
  for (let repeat = -1; repeat < repeats; repeat++) {
    for (const [index, name] of names.entries()) {
      const figure = await contestants[name]()
      if (repeat >= 0) figures[index]?.push(figure)
    }
  }
  const medians = names.map((name, index) => [name, median(figures[index] ?? [])])
  return Object.fromEntries(medians) as Record<Name, number> // one for each name
}

export function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

/** `name      12.3 us` */
export function line(name: string, figure: number, unit: string, digits = 1): string {
  return `${name.padEnd(44)} ${figure.toFixed(digits).padStart(9)} ${unit}`
}
