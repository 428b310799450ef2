import type { Template } from '../world/engine/template.ts'
import { printTable } from '../world/reports/table.ts'
import { MONTH_HOURS, PARTITION_WRITE_UNITS, ROUND_TRIPS, SECRET_FRESH_MINUTES } from './assumptions.ts'
import type { Bill } from './bill.ts'
import { busyHour } from './busy-hour.ts'
import type { Measured } from './measure.ts'
import { PRICES, type Price, usdOf } from './prices.ts'
import { WORLDS } from './scenarios.ts'

const MILLION = 1_000_000

/** Prints what is behind all figures. */
export function printAssumptions(): void {
  const trips = Object.entries(ROUND_TRIPS).map(([to, { value, unit }]) => `${to} ${value} ${unit}`)
  const prices: [string, Price][] = Object.entries(PRICES)
  const unconfirmed = prices.flatMap(([name, { confirmedBy }]) => (confirmedBy === undefined ? [name] : []))
  console.log('prices on demand in us-east-1, without free tiers; sources and dates are in test/cost/prices.ts')
  console.log(`  not confirmed by a second page: ${unconfirmed.join(', ')}`)
  console.log(`each figure is the mean of ${WORLDS} runs, one at a time, whose work is up to a tenth shorter or longer`)
  console.log(`  assumed round trips: ${trips.join(', ')}\n`)
}

/** Prints what a million of something costs. */
export function printMeasured({ title, lines, usd, counts, storedUsd }: Measured): void {
  console.log(`${title}\n`)
  printBill({ lines, usd }, MILLION, ['units each', 'USD a million'])
  const of = (name: string): string => figure(counts[name] ?? 0)
  console.log(
    `\n  looks at the cloud ${of('looks')}, in ${of('poll-run')} invocations of poll-run; changes ${of('changes')}`,
  )
  console.log(
    `  table: ${of('table reads')} reads, ${of('table writes')} writes, ${of('refused writes')} of them refused`,
  )
  console.log(`  and to store what is left until it expires: ${figure(storedUsd * MILLION)} USD a million\n`)
}

/** Prints what a month costs in which nothing is asked for. */
export function printMonth(bill: Bill, { functions }: Pick<Template, 'functions'>): void {
  console.log('a month in which nothing is asked for\n')
  printBill(bill, 1, ['units', 'USD'])
  const readers = [...functions].flatMap(([name, { environment }]) =>
    'CREDENTIALS_SECRET' in environment ? [name] : [],
  )
  const usd = usdOf('secretRead', (MONTH_HOURS * 60) / SECRET_FRESH_MINUTES)
  console.log(
    `\n  and for each sandbox that is warm all month, to read the secret: ${figure(usd)} USD (${readers.join(', ')})\n`,
  )
}

function printBill({ lines, usd }: Bill, many: number, [units, dollars]: readonly [string, string]): void {
  const rows = lines.map((line) => [
    ...[line.name, line.unit, figure(line.units)],
    ...[(line.usd * many).toFixed(2), `${(line.share * 100).toFixed(1)} %`],
  ])
  printTable(['', 'unit', units, dollars, 'share'], [...rows, ['total', '', '', (usd * many).toFixed(2), '100.0 %']])
}

/** Prints how many of each a second the hottest partition takes. */
export function printHotKeys(measured: readonly Pick<Measured, 'name' | 'hotKeys'>[]): void {
  console.log(
    `how many a second, until the first partition throttles at ${PARTITION_WRITE_UNITS} write units a second\n`,
  )
  const rows = measured.flatMap(({ name, hotKeys }) =>
    hotKeys.map(({ where, key, keys, units, aSecond }) => [
      ...[name, where === 'table' ? where : `index ${where}`, key, String(keys)],
      ...[figure(units), figure(aSecond)],
    ]),
  )
  printTable(['', 'of', 'partition key', 'keys', 'write units each', 'a second'], rows)
  console.log()
}

/** Runs that begin each second. */
const RATES = [100, 1_000]

/** Prints the load of the busiest partition of each index in an hour full of runs. */
export function printBusyHour({ title, writes }: Pick<Measured, 'title' | 'writes'>): void {
  console.log(`an hour in which so many ${title} begin each second: write units of the busiest of 16 partitions\n`)
  const rows = RATES.flatMap((aSecond) =>
    busyHour(writes, aSecond).map(({ index, mean, peak }) => [
      ...[String(aSecond), `index ${index}`, figure(mean), figure(peak)],
      peak > PARTITION_WRITE_UNITS ? 'throttled' : 'not throttled',
    ]),
  )
  printTable(['a second', 'of', 'mean', 'peak', ''], rows)
  console.log()
}

/** Three digits that count. */
export function figure(value: number): string {
  if (value === 0) return '0'
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString()
}
