import type { Alarm } from '../intake/alarm.ts'
import type { Ticket } from '../intake/ticket.ts'
import type { RunRequest } from '../runs/accept/draft.ts'
import { alarmMisfits, findRule, ticketMisfits } from './closest.ts'
import { limitsOfAlarm, limitsOfPeople } from './limits.ts'
import { inAlarm, inTicket, resolve } from './places.ts'
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

/** One transition starts one run, also if the rules were renamed or reordered between two deliveries of it. */
export function alarmKey({ source, dedupeKey }: Pick<Alarm, 'source' | 'dedupeKey'>): string {
  return `alarm/${source}/${dedupeKey}`
}

export function ticketKey({ source, dedupeKey }: Pick<Ticket, 'source' | 'dedupeKey'>): string {
  return `ticket/${source}/${dedupeKey}`
}

/**
 * What the rules say about an alarm: the first rule that fits decides, as in a firewall; no rule, no run.
 * The target comes from the rule and from what the rule points at in the alarm, never from free text.
 */
export function matchAlarm(alarm: Alarm, { rules, lists, defaults }: Rules, nowMs: number): Match<AlarmRule> {
  const found = findRule(rules, (one) => alarmMisfits(one, alarm))
  if ('ignored' in found) return found
  const { rule } = found
  if (alarm.status !== 'firing') return { ignored: 'it is resolved: nothing is to be done', rule }
  if (alarm.unreadTime !== undefined) return { refused: unreadable(alarm.unreadTime), rule }
  const problems: string[] = []
  const target = resolve(rule.target, inAlarm(alarm), lists, 'target', problems)
  if (problems.length > 0) return { refused: problems.join('; '), rule }
  const request: RunRequest = {
    operation: rule.run,
    target,
    params: rule.params,
    collision: rule.collision ?? 'skip',
    source: { kind: 'alarm', name: alarm.source, id: alarm.identity, rule: rule.name, reason: alarm.reason },
    limits: limitsOfAlarm(rule, defaults, alarm.occurredAt),
    idempotencyKey: alarmKey(alarm),
  }
  return { request, rule, late: lateness(alarm.occurredAt, nowMs, rule.maxAgeMinutes ?? MAX_AGE_MINUTES.alarm) }
}

/** The same for a ticket. Whether it was approved is asked by whoever can ask. */
export function matchTicket(ticket: Ticket, { tickets, lists }: Rules, nowMs: number): Match<TicketRule> {
  const found = findRule(tickets, (one) => ticketMisfits(one, ticket))
  if ('ignored' in found) return found
  const { rule } = found
  if (ticket.unreadTime !== undefined) return { refused: unreadable(ticket.unreadTime), rule }
  const problems: string[] = []
  const target = resolve(rule.target, inTicket(ticket), lists, 'target', problems)
  if (problems.length > 0) return { refused: problems.join('; '), rule }
  const reason = [ticket.key, ticket.reason].filter(Boolean).join(': ')
  const request: RunRequest = {
    operation: rule.run,
    target,
    params: rule.params,
    collision: rule.collision ?? 'queue',
    source: { kind: 'ticket', name: ticket.source, id: ticket.by || ticket.key, rule: rule.name, reason },
    limits: limitsOfPeople(rule),
    idempotencyKey: ticketKey(ticket),
  }
  return { request, rule, late: lateness(ticket.occurredAt, nowMs, rule.maxAgeMinutes ?? MAX_AGE_MINUTES.ticket) }
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
