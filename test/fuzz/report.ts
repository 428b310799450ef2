import type { FuzzReport } from './fuzz.ts'

/** Doors with what they answered, then the sum; a violation goes before both. */
export function linesOf(report: FuzzReport, { seed, seconds }: { seed: number; seconds: number }): string[] {
  const { tried, answers, slowest, violation } = report
  const doors = [...answers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([door, classes]) => {
      const counts = [...classes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`)
      return `${door.padEnd(40)} ${counts.join(', ')}`
    })
  const broken = violation ? ['broken:', ...violation.broken, violation.made, ''] : []
  const rate = Math.round(tried / seconds)
  return [
    ...doors,
    ...broken,
    `seed ${seed}, deliveries ${tried} (${rate} a second), slowest ${slowest.tookMs.toFixed()} ms (${slowest.door}), violations ${violation ? 1 : 0}`,
  ]
}
