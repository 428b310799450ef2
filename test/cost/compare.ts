import * as z from 'zod'
import { printTable } from '../world/reports/table.ts'
import type { Bill } from './bill.ts'
import type { Measured } from './measure.ts'
import { figure } from './report.ts'

const Bills = z.object({
  usd: z.number(),
  lines: z.array(z.object({ name: z.string(), units: z.number(), usd: z.number() })),
})
type Bills = z.infer<typeof Bills>

const Each = Bills.extend({
  counts: z.record(z.string(), z.number()),
  hotKeys: z.array(z.object({ aSecond: z.number() })),
})
type Each = z.infer<typeof Each>

const Figures = z.object({ measured: z.record(z.string(), Each), month: Bills.optional() })
type Figures = z.infer<typeof Figures>

/** All figures, as `--json` writes them. */
export function figuresOf(measured: readonly Measured[], month: Bill | undefined): Figures {
  return { measured: Object.fromEntries(measured.map(({ writes, ...one }) => [one.name, one])), month }
}

const MILLION = 1_000_000

/** Prints what was beside what is. @param written by `--json`, of another release */
export function printComparison(written: unknown, now: Figures): void {
  const before = Figures.parse(written)
  for (const [name, after] of Object.entries(now.measured)) {
    const then = before.measured[name]
    if (!then) continue
    const usd = row('USD a million', then.usd * MILLION, after.usd * MILLION)
    printRows(name, [...unitRows(then, after), ...countRows(then, after), usd])
  }
  if (before.month && now.month)
    printRows('month', [...unitRows(before.month, now.month), row('USD', before.month.usd, now.month.usd)])
}

function unitRows(before: Bills, after: Bills): string[][] {
  const [then, now] = [unitsOf(before), unitsOf(after)]
  return [...new Set([...then.keys(), ...now.keys()])].map((name) => row(name, then.get(name), now.get(name)))
}

function unitsOf({ lines }: Bills): Map<string, number> {
  return new Map(lines.map(({ name, units }) => [name, units]))
}

function countRows(before: Each, after: Each): string[][] {
  return [
    row('looks at the cloud', before.counts.looks, after.counts.looks),
    row('writes to the table', before.counts['table writes'], after.counts['table writes']),
    row('a second, until a partition throttles', leastOf(before), leastOf(after)),
  ]
}

function leastOf({ hotKeys }: Each): number {
  return Math.min(...hotKeys.map(({ aSecond }) => aSecond))
}

function row(name: string, before = 0, after = 0): string[] {
  const ratio = after / before
  return [name, figure(before), figure(after), Number.isFinite(ratio) ? ratio.toFixed(3) : '-']
}

function printRows(name: string, rows: string[][]): void {
  console.log(`${name}, before and after\n`)
  printTable(['', 'before', 'after', 'after / before'], rows)
  console.log()
}
