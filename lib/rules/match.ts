import type { RunRequest } from '../runs/accept/draft.ts'
import type { Limits } from '../runs/lease/tally.ts'
import type { Collision } from '../runs/run.ts'
import type { Alarm } from '../sources/alarm.ts'
import type { Ticket } from '../sources/ticket.ts'
import { alarmMisfits, findRule, type Misfit, ticketMisfits } from './closest.ts'
import { limitsOfAlarm, limitsOfPeople } from './limits.ts'
import { inAlarm, inTicket, type Reference, resolve } from './references.ts'
import type { AlarmRule, Rules, TicketRule } from './rules.ts'

/** What the rules say: a wish, nothing, or that one was meant which cannot be. */
export type Match<Rule> =
  /** `late`: why it is too old to be a new one. */
  | { request: RunRequest; rule: Rule; late?: string | undefined }
  | { ignored: string; rule?: Rule }
  | { refused: string; rule: Rule }

/** Unless the rule says otherwise. EventBridge tries for a day, PagerDuty for two; people expect an answer to a ticket soon. */
export const MAX_AGE_MINUTES = { alarm: 30, ticket: 120 }

/** What is from the future comes from a clock that is wrong. */
const MAX_AHEAD_MS = 5 * 60_000

/** One event starts one run, also if the rules were renamed or reordered between two deliveries of it. */
export function eventKey(
  kind: 'alarm' | 'ticket',
  { source, dedupeKey }: { source: string; dedupeKey: string },
): string {
  return `${kind}/${source}/${dedupeKey}`
}

/** All in which alarms and tickets differ where rules are matched. */
interface EventKind<Event, Rule> {
  kind: 'alarm' | 'ticket'
  /** The section of the file, in order: the first rule that fits decides. */
  rulesIn(rules: Rules): readonly Rule[]
  misfits(rule: Rule, event: Event): Misfit[]
  /** Why an event that fits a rule asks for nothing. */
  nothingToDo?(event: Event): string | undefined
  /** Reads a reference of the rule's target in the event. */
  valuesIn(event: Event): (reference: Reference) => unknown
  identity(event: Event): string
  reason(event: Event): string
  limits(rule: Rule, event: Event, rules: Rules): Limits | undefined
  defaultCollision: Collision
}

const ALARM: EventKind<Alarm, AlarmRule> = {
  kind: 'alarm',
  rulesIn: ({ rules }) => rules,
  misfits: alarmMisfits,
  nothingToDo: ({ status }) => (status === 'firing' ? undefined : 'it is resolved: nothing is to be done'),
  valuesIn: inAlarm,
  identity: ({ identity }) => identity,
  reason: ({ reason }) => reason,
  limits: (rule, { occurredAt }, { defaults }) => limitsOfAlarm(rule, defaults, occurredAt),
  defaultCollision: 'skip',
}

const TICKET: EventKind<Ticket, TicketRule> = {
  kind: 'ticket',
  rulesIn: ({ tickets }) => tickets,
  misfits: ticketMisfits,
  valuesIn: inTicket,
  identity: ({ by, key }) => by || key,
  reason: ({ key, reason }) => [key, reason].filter(Boolean).join(': '),
  limits: limitsOfPeople,
  defaultCollision: 'queue',
}

/** Matches an alarm against the rules for alarms. */
export function matchAlarm(alarm: Alarm, rules: Rules, nowMs: number): Match<AlarmRule> {
  return matchEvent(ALARM, alarm, rules, nowMs)
}

/** Matches a ticket against the rules for tickets. Its approval is not checked here. */
export function matchTicket(ticket: Ticket, rules: Rules, nowMs: number): Match<TicketRule> {
  return matchEvent(TICKET, ticket, rules, nowMs)
}

/**
 * The first rule that fits decides, as in a firewall; no rule, no run. The target comes from the rule and from the
 * references of the rule, never from free text.
 */
function matchEvent<Event extends Alarm | Ticket, Rule extends AlarmRule | TicketRule>(
  of: EventKind<Event, Rule>,
  event: Event,
  rules: Rules,
  nowMs: number,
): Match<Rule> {
  const found = findRule(of.rulesIn(rules), (rule) => of.misfits(rule, event))
  if ('ignored' in found) return found
  const { rule } = found
  const ignored = of.nothingToDo?.(event)
  if (ignored !== undefined) return { ignored, rule }
  if (event.unreadTime !== undefined) return { refused: unreadable(event.unreadTime), rule }
  const problems: string[] = []
  const target = resolve(rule.target, of.valuesIn(event), rules.lists, 'target', problems)
  if (problems.length > 0) return { refused: problems.join('; '), rule }
  const { kind, defaultCollision } = of
  const request: RunRequest = {
    operation: rule.run,
    target,
    params: rule.params,
    collision: rule.collision ?? defaultCollision,
    source: { kind, name: event.source, id: of.identity(event), rule: rule.name, reason: of.reason(event) },
    limits: of.limits(rule, event, rules),
    idempotencyKey: eventKey(kind, event),
  }
  return { request, rule, late: lateness(event.occurredAt, nowMs, rule.maxAgeMinutes ?? MAX_AGE_MINUTES[kind]) }
}

/** @returns how it is too old, or too new */
export function lateness(occurredAt: string, nowMs: number, maxAgeMinutes: number): string | undefined {
  const ageMs = nowMs - Date.parse(occurredAt)
  const minutes = Math.round(Math.abs(ageMs) / 60_000)
  if (ageMs > maxAgeMinutes * 60_000) return `it is ${minutes} min old, and ${maxAgeMinutes} are the most`
  return ageMs < -MAX_AHEAD_MS ? `it is ${minutes} min ahead of its time` : undefined
}

/** Whether it is too old cannot be told: nothing is run, and people hear of it. */
function unreadable(time: string): string {
  return `its time cannot be read: ${JSON.stringify(time)}`
}
