import { textOf } from '../basics/text-of.ts'
import type { Alarm } from '../sources/alarm.ts'
import { fieldOf, own } from '../sources/field-of.ts'
import type { Ticket } from '../sources/ticket.ts'
import { likeAny, type Patterns } from './pattern.ts'
import type { AlarmRule, TicketRule } from './rules.ts'

/** A condition of a rule that does not hold. */
export interface Misfit {
  /** How far the condition is from holding: a wrong source is farther than a wrong name, which is farther than the rest. */
  distance: number
  why: string
}

const [FAR, NEAR, NEXT] = [10_000, 100, 1]

/** The conditions of a rule that an alarm does not meet; empty where the rule fits. */
export function alarmMisfits({ when }: Pick<AlarmRule, 'when'>, alarm: Alarm): Misfit[] {
  return [
    ...misfit({ name: 'source', distance: FAR }, when.source, alarm.source),
    ...misfit({ name: 'alarm', distance: NEAR }, when.alarm, alarm.name),
    ...misfit({ name: 'account' }, when.account, alarm.account),
    ...misfit({ name: 'region' }, when.region, alarm.region),
    ...severityMisfit(when.severity, alarm),
    ...allMisfits('dimension', when.dimensions, (name) => own(alarm.dimensions, name)),
    ...allMisfits('tag', when.tags, (name) => own(alarm.tags, name)),
  ]
}

/** The conditions of a rule that a ticket does not meet; empty where the rule fits. */
export function ticketMisfits({ when }: Pick<TicketRule, 'when'>, ticket: Ticket): Misfit[] {
  return [
    ...misfit({ name: 'source', distance: FAR }, when.source, ticket.source),
    ...misfit({ name: 'event', distance: NEAR }, when.event, ticket.event),
    ...allMisfits('field', when.fields, (path) => fieldOf(ticket.fields, path)),
  ]
}

/** The first rule that fits; otherwise the closest rule in words, and why it does not fit. */
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
  const named = misfits.slice(0, MAX_MISFITS).map(({ why }) => why)
  const more = misfits.length - named.length
  return textOf(`closest is ${name}: ${[...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')}`, MAX_WHY)
}

function misfit(
  { name, distance = NEXT }: { name: string; distance?: number },
  patterns: Patterns | undefined,
  text: string,
): Misfit[] {
  if (likeAny(patterns, text)) return []
  const is = text === '' ? 'is missing' : `is ${receivedText(text)}`
  return [{ distance, why: `${name} ${is}, not ${patternText(patterns)}` }]
}

function severityMisfit(levels: readonly string[] | undefined, { severity, unknownSeverity }: Alarm): Misfit[] {
  if (levels === undefined || (severity !== undefined && levels.includes(severity))) return []
  if (unknownSeverity !== undefined) {
    return [{ distance: NEXT, why: `severity ${JSON.stringify(unknownSeverity)} is not known` }]
  }
  return [{ distance: NEXT, why: `severity is ${severity ?? 'missing'}, not ${patternText([...levels])}` }]
}

function allMisfits(
  kind: string,
  patterns: Record<string, Patterns> = {},
  lookUp: (name: string) => unknown,
): Misfit[] {
  return Object.entries(patterns).flatMap(([name, pattern]) => {
    const value = lookUp(name)
    const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    if (!isText) return [{ distance: NEXT, why: `there is no ${kind} ${name}` }]
    return misfit({ name: `${kind} ${name}` }, pattern, String(value))
  })
}

const MAX_SHOWN = 60

/** Received text may be long and hold anything: it is cut and quoted. */
function receivedText(text: string): string {
  return /^[\w.:/@-]{1,60}$/.test(text) ? text : JSON.stringify(textOf(text, MAX_SHOWN))
}

function patternText(patterns: Patterns | undefined): string {
  return textOf([patterns ?? []].flat().join(', '), MAX_SHOWN)
}
