import type { RunRequest } from '../runs/accept/draft.ts'
import type { Collision } from '../runs/run.ts'
import { plusMs } from '../runs/schedule.ts'
import type { Limits } from '../runs/tally.ts'
import type { Alarm } from '../sources/alarm.ts'
import type { Ticket } from '../sources/ticket.ts'
import { alarmMisfits, findRule, type Misfit, ticketMisfits } from './closest.ts'
import { rungsOf } from './ladder.ts'
import { limitsOfAlarm, limitsOfPeople } from './limits.ts'
import { inAlarm, inTicket, type Reference, resolveTarget } from './references.ts'
import type { AlarmRule, Rules, TicketRule } from './rules.ts'
import { windowsOf } from './window-fields.ts'

/** The rules' answer to an event: a request, nothing to do, or a request that cannot be. */
export type Match<Rule> =
  /** `late`: why the event is too old for a new run. */
  | { request: RunRequest; rule: Rule; late?: string | undefined }
  /** `resolved`: the request that an alarm which is resolved would make, if it fired. */
  | { ignored: string; rule?: Rule; resolved?: RunRequest }
  | { refused: string; rule: Rule }

/** Holds unless the rule sets `maxAgeMinutes`. EventBridge retries for a day, PagerDuty for two. People expect a quick answer to a ticket. */
export const MAX_AGE_MINUTES = { alarm: 30, ticket: 120 }

/** A time farther in the future comes from a wrong clock. */
const MAX_AHEAD_MS = 5 * 60_000

/** The key of an event. It names no rule: renaming or reordering rules between two deliveries gives no second run. */
export function eventKey(
  kind: 'alarm' | 'ticket',
  { source, dedupeKey }: { source: string; dedupeKey: string },
): string {
  return `${kind}/${source}/${dedupeKey}`
}

/** The differences between alarms and tickets in matching. */
interface EventKind<Event, Rule> {
  kind: 'alarm' | 'ticket'
  /** In the order of the file: the first rule that fits decides. */
  rulesIn(rules: Rules): readonly Rule[]
  misfits(rule: Rule, event: Event): Misfit[]
  /** Why an event asks for nothing, though a rule fits. */
  nothingToDo?(event: Event): string | undefined
  /** Reads the references of the rule's target. */
  valuesIn(event: Event): (reference: Reference) => unknown
  identity(event: Event): string
  reason(event: Event): string
  /** The operation that an event starts. */
  first(rule: Rule): { run: string; params?: Record<string, unknown> | undefined }
  limits(rule: Rule, event: Event, rules: Rules): Limits | undefined
  defaultCollision: Collision
}

const ALARM: EventKind<Alarm, AlarmRule> = {
  kind: 'alarm',
  rulesIn: ({ rules }) => rules,
  misfits: alarmMisfits,
  nothingToDo: ({ status }) => (status === 'firing' ? undefined : 'it is resolved: nothing to do'),
  valuesIn: inAlarm,
  identity: ({ identity }) => identity,
  reason: ({ reason }) => reason,
  first: (rule) => rungsOf(rule)[0] ?? { run: '' },
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
  first: (rule) => rule,
  limits: limitsOfPeople,
  defaultCollision: 'queue',
}

/** Matches an alarm against the rules for alarms. */
export function matchAlarm(alarm: Alarm, rules: Rules, nowMs: number): Match<AlarmRule> {
  return matchEvent(ALARM, alarm, { rules, nowMs })
}

/** Matches a ticket against the rules for tickets. Its approval is not checked here. */
export function matchTicket(ticket: Ticket, rules: Rules, nowMs: number): Match<TicketRule> {
  return matchEvent(TICKET, ticket, { rules, nowMs })
}

/**
 * The first rule that fits decides, as in a firewall; no rule, no run. The target comes from the rule and its references,
 * never from free text.
 */
function matchEvent<Event extends Alarm | Ticket, Rule extends AlarmRule | TicketRule>(
  kindOf: EventKind<Event, Rule>,
  event: Event,
  { rules, nowMs }: { rules: Rules; nowMs: number },
): Match<Rule> {
  const { kind, defaultCollision } = kindOf
  const found = findRule(kindOf.rulesIn(rules), (rule) => kindOf.misfits(rule, event))
  if ('ignored' in found) return found
  const { rule } = found
  const ignored = kindOf.nothingToDo?.(event)
  if (ignored === undefined && event.unreadTime !== undefined) {
    return { refused: unreadableTime(event.unreadTime), rule }
  }
  const { target, problems } = resolveTarget(rule.target, { lookUp: kindOf.valuesIn(event), lists: rules.lists })
  if (problems.length > 0) return ignored === undefined ? { refused: problems.join('; '), rule } : { ignored, rule }
  const { run: operation, params } = kindOf.first(rule)
  const maxAgeMinutes = rule.maxAgeMinutes ?? MAX_AGE_MINUTES[kind]
  const request: RunRequest = {
    ...{ operation, target, params },
    collision: rule.collision ?? defaultCollision,
    source: { kind, name: event.source, id: kindOf.identity(event), rule: rule.name, reason: kindOf.reason(event) },
    limits: kindOf.limits(rule, event, rules),
    ...windowsOf(rule),
    notAfter: plusMs(event.occurredAt, maxAgeMinutes * 60_000),
    idempotencyKey: eventKey(kind, event),
  }
  if (ignored !== undefined) return { ignored, rule, resolved: request }
  return { request, rule, late: lateness(event.occurredAt, nowMs, maxAgeMinutes) }
}

/** How an event is too old, or too new; undefined where it is neither. */
export function lateness(occurredAt: string, nowMs: number, maxAgeMinutes: number): string | undefined {
  const ageMs = nowMs - Date.parse(occurredAt)
  const minutes = Math.round(Math.abs(ageMs) / 60_000)
  if (ageMs > maxAgeMinutes * 60_000) return `it is ${minutes} min old; at most ${maxAgeMinutes} min are allowed`
  return ageMs < -MAX_AHEAD_MS ? `its time is ${minutes} min in the future` : undefined
}

/** Without a time nobody knows whether an event is too old: nothing runs, and people are notified. */
function unreadableTime(time: string): string {
  return `its time cannot be read: ${JSON.stringify(time)}`
}
