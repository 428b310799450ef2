import { printable } from '../../printable.ts'
import type { Counts, Summary } from './counts.ts'

/** The tables of a summary, for people. */
export function summaryText({ rules, days, reasons }: Summary): string {
  const ofRules = rules.map(({ rule, counts }) => [rule, ...cellsOf(counts)])
  const ofDays = days.map(({ day, counts }) => [day, ...cellsOf(counts)])
  const tables = [
    tableText(['rule', ...HEADS], ofRules),
    tableText(['day (UTC)', ...HEADS], ofDays),
    ...(reasons.length > 0
      ? [
          tableText(
            ['no run, by rule', 'count', 'why'],
            reasons.map(({ rule, reason, count }) => [rule, String(count), reason]),
          ),
        ]
      : []),
  ]
  return tables.join('\n\n')
}

const COLUMNS = {
  events: 'items',
  runs: 'run',
  rungs: 'rung',
  joined: 'joined',
  refused: 'refused',
  ignored: 'ignored',
  repeats: 'repeat',
  spared: 'spared',
} as const satisfies Record<string, keyof Counts>

const HEADS = Object.keys(COLUMNS)

function cellsOf(counts: Counts): string[] {
  return Object.values(COLUMNS).map((name) => String(counts[name]))
}

/** The first column and texts at the end are flush left, numbers flush right. */
function tableText(head: string[], rows: string[][]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const isNumbers = head.map((_, column) => rows.every((row) => /^\d+$/.test(row[column] ?? '')) && rows.length > 0)
  const lineOf = (row: string[]): string =>
    row
      .map((cell, column) =>
        isNumbers[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
  return all.map((row) => printable(lineOf(row)).trimEnd()).join('\n')
}
