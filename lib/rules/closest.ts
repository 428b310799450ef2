import { textOf } from '../basics/text-of.ts'
import type { Alarm } from '../sources/alarm.ts'
import { fieldOf, own } from '../sources/field-of.ts'
import type { Ticket } from '../sources/ticket.ts'
import { likeAny, type Patterns } from './pattern.ts'
import type { AlarmRule, TicketRule } from './rules.ts'

/** A condition of a rule that does not hold. */
export interface Misfit {
  /** How far it takes the rule away: another source is farther than another name, that is farther than anything else. */
  distance: number
  why: string
}

const [FAR, NEAR, NEXT] = [10_000, 100, 1]

/** What keeps a rule from fitting an alarm; nothing where it fits. */
export function alarmMisfits({ when }: Pick<AlarmRule, 'when'>, alarm: Alarm): Misfit[] {
  return [
    ...misfit('source', when.source, alarm.source, FAR),
    ...misfit('alarm', when.alarm, alarm.name, NEAR),
    ...misfit('account', when.account, alarm.account),
    ...misfit('region', when.region, alarm.region),
    ...severityMisfit(when.severity, alarm),
    ...allMisfits('dimension', when.dimensions, (name) => own(alarm.dimensions, name)),
    ...allMisfits('tag', when.tags, (name) => own(alarm.tags, name)),
  ]
}

/** What keeps a rule from fitting a ticket; nothing where it fits. */
export function ticketMisfits({ when }: Pick<TicketRule, 'when'>, ticket: Ticket): Misfit[] {
  return [
    ...misfit('source', when.source, ticket.source, FAR),
    ...misfit('event', when.event, ticket.event, NEAR),
    ...allMisfits('field', when.fields, (path) => fieldOf(ticket.fields, path)),
  ]
}

/** The first rule that fits; or which came closest, and what kept it from fitting. */
export function findRule<Rule extends { name: string }>(
  rules: readonly Rule[],
  misfitsOf: (rule: Rule) => Misfit[],
): { rule: Rule } | { ignored: string } {
  let closest: { rule: Rule; misfits: Misfit[]; distance: number } | undefined
  for (const rule of rules) {
    const misfits = misfitsOf(rule)
    if (misfits.length === 0) return { rule }
    const distance = misfits.reduce((sum, one) => sum + one.distance, 0)
    if (!closest || distance < closest.distance) closest = { rule, misfits, distance }
  }
  return { ignored: closest ? `no rule fits; ${whyNot(closest.rule, closest.misfits)}` : 'no rule fits' }
}

const MAX_MISFITS = 3
const MAX_WHY = 300

function whyNot({ name }: { name: string }, misfits: Misfit[]): string {
  const shown = misfits.slice(0, MAX_MISFITS).map(({ why }) => why)
  const more = misfits.length - shown.length
  return textOf(`closest is ${name}: ${[...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')}`, MAX_WHY)
}

function misfit(name: string, patterns: Patterns | undefined, text: string, distance = NEXT): Misfit[] {
  if (likeAny(patterns, text)) return []
  const is = text === '' ? 'is not said' : `is ${shown(text)}`
  return [{ distance, why: `${name} ${is}, not ${wanted(patterns)}` }]
}

function severityMisfit(levels: readonly string[] | undefined, { severity, unknownSeverity }: Alarm): Misfit[] {
  if (levels === undefined || (severity !== undefined && levels.includes(severity))) return []
  if (unknownSeverity !== undefined) {
    return [{ distance: NEXT, why: `severity ${JSON.stringify(unknownSeverity)} is not known` }]
  }
  return [{ distance: NEXT, why: `severity is ${severity ?? 'not said'}, not ${wanted([...levels])}` }]
}

function allMisfits(kind: string, patterns: Record<string, Patterns> = {}, at: (name: string) => unknown): Misfit[] {
  return Object.entries(patterns).flatMap(([name, pattern]) => {
    const value = at(name)
    const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    if (!isText) return [{ distance: NEXT, why: `there is no ${kind} ${name}` }]
    return misfit(`${kind} ${name}`, pattern, String(value))
  })
}

/** Of what came in: it may be long, and anything. */
const MAX_SHOWN = 60

function shown(text: string): string {
  return /^[\w.:/@-]{1,60}$/.test(text) ? text : JSON.stringify(textOf(text, MAX_SHOWN))
}

/** Of the rule. */
function wanted(patterns: Patterns | undefined): string {
  return textOf([patterns ?? []].flat().join(', '), MAX_SHOWN)
}
