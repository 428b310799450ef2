import * as z from 'zod'
import { printTable } from '../world/reports/table.ts'
import type { Bill } from './bill.ts'
import type { Measured } from './measure.ts'
import { figure, type HotKey } from './report.ts'

const Bills = z.object({
  usd: z.number(),
  lines: z.array(z.object({ name: z.string(), units: z.number(), usd: z.number() })),
})
const Figures = z.object({
  measured: z.record(z.string(), Bills.extend({ counts: z.record(z.string(), z.number()) })),
  month: Bills.optional(),
})

type Figures = z.infer<typeof Figures>

/** All figures, as `--json` writes them. */
export function figuresOf({
  measured,
  month,
  hotKeys,
}: {
  measured: readonly Measured[]
  month: Bill | undefined
  hotKeys: readonly HotKey[]
}): Figures & { hotKeys: readonly HotKey[] } {
  return { measured: Object.fromEntries(measured.map((one) => [one.name, { ...one }])), month, hotKeys }
}

/** Prints what was beside what is. @param written by `--json` of another release */
export function printComparison(written: unknown, now: Figures): void {
  const before = Figures.parse(written)
  for (const [name, after] of Object.entries(now.measured)) {
    const then = before.measured[name]
    if (then) printRows(`${name}: units of each, before and after`, rowsOf(then, after, 1_000_000))
  }
  if (before.month && now.month) printRows('month: before and after', rowsOf(before.month, now.month, 1))
}

function rowsOf(
  before: z.infer<typeof Bills> & { counts?: Record<string, number> },
  after: z.infer<typeof Bills> & { counts?: Record<string, number> },
  many: number,
): string[][] {
  const [unitsBefore, unitsAfter] = [before, after].map(
    ({ lines }) => new Map(lines.map((one) => [one.name, one.units])),
  )
  const names = new Set([...(unitsBefore?.keys() ?? []), ...(unitsAfter?.keys() ?? [])])
  return [
    ...Array.from(names, (name) => row(name, unitsBefore?.get(name), unitsAfter?.get(name))),
    ...['looks', 'table writes'].flatMap((name) =>
      before.counts && after.counts ? [row(`(${name})`, before.counts[name], after.counts[name])] : [],
    ),
    row(many === 1 ? 'USD' : 'USD a million', before.usd * many, after.usd * many),
  ]
}

function row(name: string, before = 0, after = 0): string[] {
  return [name, figure(before), figure(after), before === 0 ? '-' : (after / before).toFixed(3)]
}

function printRows(heading: string, rows: string[][]): void {
  console.log(`${heading}\n`)
  printTable(['', 'before', 'after', 'after / before'], rows)
  console.log()
}
