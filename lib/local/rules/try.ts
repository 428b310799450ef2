import { parseRules } from '../../rules/read-rules.ts'
import { type Console, EXIT, UsageError } from './console.ts'
import { eventTexts, findEvent, readEvent } from './event-file.ts'
import { type Explanation, explain } from './explain.ts'
import { explanationText } from './explanation-text.ts'
import { providerRegions, ruleFileOf, textOfFile } from './rule-file.ts'

export interface TryOptions {
  /** A file, a sample as `npm run send` lists it, or `-` for the input. */
  event: string
  source?: string | undefined
  rules?: string | undefined
  /** ISO 8601. */
  now?: string | undefined
  json: boolean
}

/** `npm run rules -- try <event>`: what the rules would do with an event. Reads no store, and starts nothing. */
export async function tryEvent(console: Console, options: TryOptions): Promise<number> {
  const { environment } = console
  const ruleFile = ruleFileOf(console, options.rules)
  const rules = parseRules(textOfFile(console, ruleFile), ruleFile)
  const { source, text } = await findEvent(console, options)
  const events = eventTexts(text).map((one, index) => ({ source, text: one, id: `try-${index + 1}` }))
  const atMs = timeOf(options.now)
  const explaining = {
    rules,
    regions: providerRegions(console),
    nowMs: atMs ?? console.nowMs,
    minds: { age: atMs !== undefined },
  }
  const explained = await Promise.all(
    events.map(async (event) => {
      const { items } = await readEvent(event, { arrival: atMs ?? 'newest', nowMs: console.nowMs, environment })
      return items.map((item) => explain(explaining, item))
    }),
  )
  const items = explained.flat()
  const what = { event: options.event, source, rules: ruleFile }
  console.out(options.json ? JSON.stringify({ ...what, items }, null, 2) : textFor(what, items))
  return items.some(({ result }) => result === 'run') ? EXIT.ok : EXIT.noRun
}

function textFor({ event, source, rules }: Record<'event' | 'source' | 'rules', string>, items: Explanation[]): string {
  return [`${event} of ${source}, by ${rules}`, ...items.map(explanationText)].join('\n\n')
}

/** @throws {UsageError} */
function timeOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const ms = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(given) ? Date.parse(given) : Number.NaN
  if (Number.isNaN(ms))
    throw new UsageError(`--now takes a time such as 2026-11-20T03:12:07Z, not ${JSON.stringify(given)}`)
  return ms
}
