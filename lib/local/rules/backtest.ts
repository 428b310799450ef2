import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { decidingBy } from '../../rules/decide.ts'
import { guardsOf } from '../../rules/guards.ts'
import { Duration } from '../../rules/limits.ts'
import { parseRules } from '../../rules/read-rules.ts'
import { durationText } from '../../runs/lease/limits.ts'
import { memoryDatabase } from '../sqlite/database.ts'
import { sqliteStore } from '../sqlite/store.ts'
import { summarize } from './backtest/counts.ts'
import type { OutcomeModel } from './backtest/outcome-model.ts'
import { type PastEvents, readPast } from './backtest/past-events.ts'
import { plotText } from './backtest/plot.ts'
import { replay } from './backtest/replay.ts'
import { summaryText } from './backtest/report.ts'
import { type Console, EXIT, UsageError } from './console.ts'
import { providerRegions, ruleFileOf, textOfFile } from './rule-file.ts'

export interface BacktestOptions {
  folder: string
  rules?: string | undefined
  takes: string
  fails: string
  helps: string
  seed: string
  /** A file for the picture. */
  plot?: string | undefined
  json: boolean
}

/** `npm run rules -- backtest <folder>`: what the rules would have done with the alarms of the past. */
export async function backtest(console: Console, options: BacktestOptions): Promise<number> {
  const ruleFile = ruleFileOf(console, options.rules)
  const rules = parseRules(textOfFile(console, ruleFile), ruleFile)
  const model = modelOf(options)
  const past = await readPast(console, options.folder)
  const database = memoryDatabase()
  const regions = providerRegions(console)
  const decisions = await replay(past.items, {
    ...{ store: sqliteStore(database), model, guards: guardsOf(rules) },
    decideWith: (ports) => decidingBy({ ports, rules, regions }).decide,
  })
  database.close()
  const names = [rules.rules, rules.tickets, rules.requests].flatMap((all) => all.map(({ name }) => name))
  const summary = summarize(decisions, names)
  if (options.json) console.out(JSON.stringify({ model, unread: past.unread, ...summary }, null, 2))
  else console.out([headText(past, { ...options, ruleFile, model }), summaryText(summary)].join('\n\n'))
  if (options.plot !== undefined) writeFileSync(resolve(console.root, options.plot), plotText(summary))
  return EXIT.ok
}

/** @throws {UsageError} */
function modelOf({ takes, fails, helps, seed }: BacktestOptions): OutcomeModel {
  const duration = Duration.safeParse(takes)
  if (!duration.success) throw new UsageError(`--takes ${duration.error.issues[0]?.message ?? takes}`)
  if (!/^\d{1,9}$/.test(seed)) throw new UsageError(`--seed takes a whole number, not ${JSON.stringify(seed)}`)
  return {
    takesMs: duration.data,
    fails: shareOf('--fails', fails),
    helps: shareOf('--helps', helps),
    seed: Number(seed),
  }
}

/** @throws {UsageError} */
function shareOf(name: string, given: string): number {
  const [, percent] = /^(\d{1,3})%$/.exec(given) ?? []
  if (percent === undefined || Number(percent) > 100) throw new UsageError(`${name} takes 0% to 100%, not ${given}`)
  return Number(percent) / 100
}

function headText(
  { files, deliveries, sources, unread, items }: PastEvents,
  { folder, ruleFile, model }: BacktestOptions & { ruleFile: string; model: OutcomeModel },
): string {
  const { takesMs, fails, helps, seed } = model
  const [first, last] = [items[0], items.at(-1)].map((item) => (item ? new Date(item.atMs).toISOString() : '-'))
  return [
    `${deliveries} deliveries in ${files} files of ${folder} (${sources.join(', ')}), from ${first} to ${last}, by ${ruleFile}`,
    `assumed: a run takes ${durationText(takesMs)}; ${percentText(fails)} of them fail; ${percentText(helps)} of the others end the trouble (seed ${seed}); tickets are approved`,
    ...(unread.length > 0
      ? [`${unread.length} cannot be read:`, ...unread.slice(0, MAX_UNREAD).map((one) => `  ${one}`)]
      : []),
  ].join('\n')
}

const MAX_UNREAD = 10

function percentText(share: number): string {
  return `${Math.round(share * 100)} %`
}
