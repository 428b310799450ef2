import type { Alarm } from '../intake/alarm.ts'
import type { RunRequest } from '../runs/accept.ts'
import { type FromAlarm, isFromAlarm, type Rule, type RuleValue } from './rules.ts'

/**
 * An alarm that comes later than this tells of the past: EventBridge tries for a day, and whatever it was about may have
 * ended, or been mended by hand. One from the future comes from a clock that is wrong.
 */
const MAX_AGE_MS = 30 * 60_000
const MAX_AHEAD_MS = 5 * 60_000

/**
 * What the rules say about an alarm: the first rule that fits decides, as in a firewall; no rule, no run.
 * The target comes from the rule and from what the rule points at in the alarm, never from free text.
 */
export function requestFor(
  alarm: Alarm,
  rules: Rule[],
  nowMs: number,
): { request: RunRequest; rule: string } | { ignored: string } {
  const rule = rules.find(({ when }) => fits(when, alarm))
  if (!rule) return { ignored: 'no rule fits' }
  const ageMs = nowMs - Date.parse(alarm.occurredAt)
  if (ageMs > MAX_AGE_MS || ageMs < -MAX_AHEAD_MS) {
    const minutes = Math.round(Math.abs(ageMs) / 60_000)
    return {
      ignored: `rule ${rule.name} fits, but the alarm is ${minutes} min ${ageMs > 0 ? 'old' : 'ahead of its time'}`,
    }
  }
  const missing: string[] = []
  const target = resolve(rule.target, alarm, 'target', missing)
  if (missing.length > 0) return { ignored: `rule ${rule.name} fits, but the alarm has no ${missing.join(', no ')}` }
  return {
    rule: rule.name,
    request: {
      operation: rule.run,
      target,
      params: rule.params,
      collision: rule.collision ?? 'skip',
      source: { kind: 'alarm', name: alarm.source, id: alarm.identity, rule: rule.name, reason: alarm.reason },
      // One transition starts one run, also if the rules were renamed or reordered between two deliveries of it.
      idempotencyKey: `alarm/${alarm.source}/${alarm.dedupeKey}`,
    },
  }
}

function fits(when: Rule['when'], alarm: Alarm): boolean {
  return (
    (when.source === undefined || when.source === alarm.source) &&
    like(when.alarm, alarm.name) &&
    like(when.account ?? '*', alarm.account) &&
    like(when.region ?? '*', alarm.region) &&
    allLike(when.dimensions ?? {}, alarm.dimensions) &&
    allLike(when.tags ?? {}, alarm.tags)
  )
}

function allLike(patterns: Record<string, string>, values: Record<string, string>): boolean {
  return Object.entries(patterns).every(([name, pattern]) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    return value !== undefined && like(pattern, value)
  })
}

/** `*` stands for any text, also none; everything else for itself. No backtracking: the parts are sought in order. */
function like(pattern: string, text: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return text === head
  if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false
  let from = head.length
  for (const part of rest) {
    const at = text.indexOf(part, from)
    if (at < 0 || at + part.length > text.length - tail.length) return false
    from = at + part.length
  }
  return true
}

/** The value with what the alarm says in the places that point at it. @param missing gets what the alarm lacks */
function resolve(value: RuleValue, alarm: Alarm, path: string, missing: string[]): unknown {
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((one, index) => resolve(one, alarm, `${path}.${index}`, missing))
  if (isFromAlarm(value)) {
    const found = lookUp(value, alarm)
    if (found === undefined) missing.push(`${placeOf(value)} for ${path}`)
    return found
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, resolve(one, alarm, `${path}.${key}`, missing)]),
  )
}

function lookUp(from: FromAlarm, alarm: Alarm): string | undefined {
  const [values, name] = 'dimension' in from ? [alarm.dimensions, from.dimension] : [alarm.tags, from.tag]
  return Object.hasOwn(values, name) ? values[name] : undefined
}

function placeOf(from: FromAlarm): string {
  return 'dimension' in from ? `dimension ${from.dimension}` : `tag ${from.tag}`
}
