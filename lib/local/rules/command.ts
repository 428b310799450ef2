import { parseArgs } from 'node:util'
import { printableLines } from '../printable.ts'
import { backtest } from './backtest.ts'
import { check } from './check.ts'
import { type Console, EXIT, UsageError } from './console.ts'
import { writeSchema } from './schema.ts'
import { tryEvent } from './try.ts'

const USAGE = `npm run rules -- check [file] [--strict]
npm run rules -- try <event> [--source NAME] [--rules FILE] [--now TIME] [--json]
npm run rules -- backtest <folder> [--rules FILE] [--takes 5m] [--fails 0%] [--helps 0%] [--seed 1] [--plot FILE] [--json]
npm run rules -- schema [file]

check     the errors of a rule file, by line; rules that nothing reaches; rules that may loop with each other
try       the run that an event would start, and why the other rules do not fit; no run is started
backtest  what the rules would have done with the events of a folder, which has a folder for each source
schema    writes the JSON Schema of rule files for editors (events/rules.schema.json)

  file            default: RULES_FILE, or events/rules.yml
  --strict        warnings are errors
  event           a file in a folder that is named as its source, a sample of events/, or - for the input
  --source NAME   the sender of the event
  --now TIME      the time at which it arrives, e.g. 2026-11-20T03:12:07Z; without it, its age does not count
  --takes 5m      how long each run is assumed to take
  --fails 0%      the share of runs that are assumed to fail
  --helps 0%      the share of successes that are assumed to end the trouble: its alarms do not count until it is resolved for an hour
  --plot FILE     an SVG picture of the days
  --json          for machines

exit code: 0 valid, or a run would start; 1 errors; 2 wrong usage; 3 no run would start`

/** Runs one command. @returns the exit code */
export async function rulesCommand(args: string[], console: Console): Promise<number> {
  try {
    return await commandOf(args, console)
  } catch (error) {
    const { message, code } = error as Error & { code?: string } // of a command, or of `parseArgs`
    const isUsage = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS')
    console.err(printableLines(isUsage ? `${message}\n\n${USAGE}` : message))
    return isUsage ? EXIT.usage : EXIT.error
  }
}

async function commandOf([name, ...args]: string[], console: Console): Promise<number> {
  if (name === 'check') {
    const { values, positionals } = parseArgs({ args, options: { strict: FLAG }, allowPositionals: true })
    return check(console, { file: atMostOne(positionals), ...values })
  }
  if (name === 'try') {
    const options = { source: TEXT, rules: TEXT, now: TEXT, json: FLAG } as const
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    const event = atMostOne(positionals)
    if (event === undefined) throw new UsageError('try needs an event')
    return tryEvent(console, { event, ...values })
  }
  if (name === 'backtest') {
    const { values, positionals } = parseArgs({ args, options: BACKTEST, allowPositionals: true })
    const folder = atMostOne(positionals)
    if (folder === undefined) throw new UsageError('backtest needs a folder')
    return backtest(console, { folder, ...values })
  }
  if (name === 'schema') {
    const { positionals } = parseArgs({ args, allowPositionals: true })
    return writeSchema(console, atMostOne(positionals))
  }
  if (name !== '--help' && name !== '-h')
    throw new UsageError(name === undefined ? 'a command is missing' : `there is no command ${name}`)
  console.out(USAGE)
  return EXIT.ok
}

const TEXT = { type: 'string' } as const
const FLAG = { type: 'boolean', default: false } as const

const textOf = <Default extends string>(text: Default) => ({ type: 'string', default: text }) as const

/** Nothing that only seems to help flatters the rules: every alarm of the past counts, unless somebody says otherwise. */
const BACKTEST = {
  ...{ rules: TEXT, plot: TEXT, json: FLAG },
  ...{ takes: textOf('5m'), fails: textOf('0%'), helps: textOf('0%'), seed: textOf('1') },
} as const

function atMostOne([one, ...others]: string[]): string | undefined {
  if (others.length > 0) throw new UsageError(`one file is enough: ${others.join(' ')}`)
  return one
}
