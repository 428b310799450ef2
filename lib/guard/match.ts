import type { Alarm } from '../intake/alarm.ts'
import { fieldOf, own } from '../intake/field-of.ts'
import type { Ticket } from '../intake/ticket.ts'
import type { RunRequest } from '../runs/accept.ts'
import { likeAny, type Patterns } from './pattern.ts'
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
export function matchAlarm(alarm: Alarm, { rules, lists }: Rules, nowMs: number): Match<AlarmRule> {
  const rule = rules.find(({ when }) => alarmFits(when, alarm))
  if (!rule) return { ignored: 'no rule fits' }
  if (alarm.status !== 'firing') return { ignored: 'it is resolved: nothing is to be done', rule }
  const problems: string[] = []
  const target = resolve(rule.target, inAlarm(alarm), lists, 'target', problems)
  if (problems.length > 0) return { refused: problems.join('; '), rule }
  const request: RunRequest = {
    operation: rule.run,
    target,
    params: rule.params,
    collision: rule.collision ?? 'skip',
    source: { kind: 'alarm', name: alarm.source, id: alarm.identity, rule: rule.name, reason: alarm.reason },
    idempotencyKey: alarmKey(alarm),
  }
  return { request, rule, late: lateness(alarm.occurredAt, nowMs, rule.maxAgeMinutes ?? MAX_AGE_MINUTES.alarm) }
}

/** The same for a ticket. Whether it was approved is asked by whoever can ask. */
export function matchTicket(ticket: Ticket, { tickets, lists }: Rules, nowMs: number): Match<TicketRule> {
  const rule = tickets.find(({ when }) => ticketFits(when, ticket))
  if (!rule) return { ignored: 'no rule fits' }
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

function alarmFits(when: AlarmRule['when'], alarm: Alarm): boolean {
  return (
    likeAny(when.source, alarm.source) &&
    likeAny(when.alarm, alarm.name) &&
    likeAny(when.account, alarm.account) &&
    likeAny(when.region, alarm.region) &&
    (when.severity === undefined || (alarm.severity !== undefined && when.severity.includes(alarm.severity))) &&
    allLike(when.dimensions, (name) => own(alarm.dimensions, name)) &&
    allLike(when.tags, (name) => own(alarm.tags, name))
  )
}

function ticketFits(when: TicketRule['when'], ticket: Ticket): boolean {
  return (
    likeAny(when.source, ticket.source) &&
    likeAny(when.event, ticket.event) &&
    allLike(when.fields, (path) => fieldOf(ticket.fields, path))
  )
}

function allLike(patterns: Record<string, Patterns> = {}, at: (name: string) => unknown): boolean {
  return Object.entries(patterns).every(([name, pattern]) => {
    const value = at(name)
    const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return isText && likeAny(pattern, String(value))
  })
}
