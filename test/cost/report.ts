import { printTable } from '../world/reports/table.ts'
import { PARTITION_WRITE_UNITS } from './assumptions.ts'
import type { Bill } from './bill.ts'
import type { Measured } from './measure.ts'

const MILLION = 1_000_000

/** Prints what a million of something costs. */
export function printMeasured({ title, lines, usd, counts, storedUsd }: Measured): void {
  console.log(`${title}\n`)
  printBill({ lines, usd }, MILLION, ['units each', 'USD a million'])
  const { looks = 0, changes = 0, 'table writes': writes = 0, 'refused writes': refused = 0 } = counts
  const reads = counts['table reads'] ?? 0
  console.log(
    `\n  looks at the cloud ${figure(looks)}, changes ${figure(changes)}; table: ${figure(reads)} reads, ${figure(writes)} writes, ${figure(refused)} of them refused`,
  )
  console.log(`  and to store what is left until it expires: ${figure(storedUsd * MILLION)} USD a million\n`)
}

/** Prints what a month costs in which nothing is asked for. */
export function printMonth(bill: Bill): void {
  console.log('a month in which nothing is asked for\n')
  printBill(bill, 1, ['units', 'USD'])
  console.log()
}

function printBill({ lines, usd }: Bill, many: number, [units, dollars]: readonly [string, string]): void {
  const rows = lines.map((line) => [
    ...[line.name, line.unit, figure(line.units)],
    ...[(line.usd * many).toFixed(2), `${(line.share * 100).toFixed(1)} %`],
  ])
  printTable(['', 'unit', units, dollars, 'share'], [...rows, ['total', '', '', (usd * many).toFixed(2), '100.0 %']])
}

/** One key of a table or index that all runs write to. */
export interface HotKey {
  operation: string
  where: string
  key: string
  unitsARun: number
  runsASecond: number
}

/** The keys that runs share, the first that throttles first. */
export function hotKeysOf(measured: readonly Measured[]): HotKey[] {
  const keys = measured.flatMap(({ name, shared }) =>
    Object.entries(shared).map(([place, unitsARun]) => {
      const [where = '', ...key] = place.split(' ')
      return { operation: name, where, key: key.join(' '), unitsARun, runsASecond: PARTITION_WRITE_UNITS / unitsARun }
    }),
  )
  return keys.sort((a, b) => a.runsASecond - b.runsASecond)
}

/** Prints how many of each a second the hottest partition takes. */
export function printHotKeys(keys: readonly HotKey[]): void {
  console.log(`the first partition that throttles, at ${PARTITION_WRITE_UNITS} write units a second\n`)
  const rows = keys.map(({ operation, where, key, unitsARun, runsASecond }) => [
    ...[operation, where === 'table' ? 'table' : `index ${where}`, key],
    ...[figure(unitsARun), figure(runsASecond)],
  ])
  printTable(['', 'of', 'partition key', 'write units each', 'a second'], rows)
  console.log()
}

/** Three digits that count. */
export function figure(value: number): string {
  if (value === 0) return '0'
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString()
}
