import { durationText, limitText } from '../runs/lease/limits.ts'
import { DCS_EVENTS } from '../sources/alarms/huawei/events.ts'
import { limitsOfAlarm } from './limits.ts'
import { likeAny } from './pattern.ts'
import { isReference, type Lists, listedValues, type RuleValue } from './references.ts'
import type { RuleError } from './rule-errors.ts'
import type { AlarmRule, Rules } from './rules.ts'
import { OWN_ALARMS_MS } from './self-inflicted.ts'

/** Pairs of alarm rules of which each may start the other's run, and what ends that. */
export function loopingRules({ rules, lists, defaults }: Rules): RuleError[] {
  return rules.flatMap((rule, index) =>
    rules.slice(0, index).flatMap((earlier) => {
      const raised = [...raises(earlier, rule), ...raises(rule, earlier)]
      const mayRaise = raised.length > 0 && mayBeSame(withoutParts(earlier.target), withoutParts(rule.target), lists)
      const undone = mayBeSame(earlier.target, rule.target, lists) ? undoes(earlier, rule) : []
      const reasons = [...(mayRaise ? raised : []), ...undone]
      if (reasons.length === 0) return []
      const apart = [...(mayRaise ? [OWN_ALARMS] : []), limitsText(earlier, defaults), limitsText(rule, defaults)]
      const message = `rule ${rule.name}: may loop with ${earlier.name} on one resource: ${reasons.join('; ')}`
      return [{ path: ['rules', index], message: `${message}. What keeps them apart: ${apart.join('; ')}` }]
    }),
  )
}

const OWN_ALARMS = `an alarm that a run raises starts no other on its resource until ${OWN_ALARMS_MS / 60_000} min after it`

/** The alarms of one rule that a run of another raises. */
function raises(by: AlarmRule, of: AlarmRule): string[] {
  const events = [...DCS_EVENTS]
    .filter(([id, { duringOwnRun, recovery }]) => !recovery && duringOwnRun.includes(by.run) && isMeant(id, of))
    .map(([id]) => id)
  return events.length > 0
    ? [`${by.run} of ${by.name} raises ${events.join(', ')}, which ${of.name} answers with ${of.run}`]
    : []
}

const ANY_TEXT = /^\*+$/

/** Whether a rule names an event of DCS, or takes all alarms of Huawei Cloud. Other names of alarms say nothing of events. */
function isMeant(event: string, { when }: AlarmRule): boolean {
  const { source, alarm, dimensions = {} } = when
  if (!likeAny(source, 'huawei') || !likeAny(dimensions.namespace, 'SYS.DCS')) return false
  if (dimensions.metric_name !== undefined) return likeAny(dimensions.metric_name, event)
  return source !== undefined && [alarm].flat().some((name) => ANY_TEXT.test(name))
}

const UNDONE_BY: Readonly<Record<string, string>> = { start: 'stop', stop: 'start' }

function undoes(earlier: AlarmRule, rule: AlarmRule): string[] {
  const [, of, verb = ''] = /^(.+)\.(start|stop)$/.exec(earlier.run) ?? []
  if (rule.run !== `${of}.${UNDONE_BY[verb]}`) return []
  return [`${earlier.run} of ${earlier.name} is undone by ${rule.run} of ${rule.name}`]
}

/** Nodes and services are parts: an alarm about the whole may come from any. */
function withoutParts(target: Record<string, RuleValue>): Record<string, RuleValue> {
  return Object.fromEntries(Object.entries(target).filter(([, value]) => !Array.isArray(value)))
}

/** Whether two targets of rules may name the same. A part that one does not name is any. */
function mayBeSame(one: RuleValue, other: RuleValue, lists: Lists): boolean {
  const [texts, others] = [textsOf(one, lists), textsOf(other, lists)]
  if (texts && others) return texts === 'any' || others === 'any' || texts.some((text) => others.includes(text))
  if (Array.isArray(one) && Array.isArray(other)) return one.some((a) => other.some((b) => mayBeSame(a, b, lists)))
  return Object.entries(one).every(([key, value]) => {
    const at = (other as Record<string, RuleValue>)[key] // both are objects of one schema
    return at === undefined || mayBeSame(value, at, lists)
  })
}

/** The texts that a value may become, in lower case, as ids are compared. @returns undefined for lists and objects */
function textsOf(value: RuleValue, lists: Lists): string[] | 'any' | undefined {
  if (typeof value !== 'object') return [String(value).toLowerCase()]
  if (!isReference(value)) return undefined
  return value.in === undefined ? 'any' : listedValues(value, lists).map((text) => text.toLowerCase())
}

function limitsText(rule: AlarmRule, defaults: Rules['defaults']): string {
  const { cooldownMs, atMost } = limitsOfAlarm(rule, defaults, '')
  const limits = [...(cooldownMs > 0 ? [`cooldown ${durationText(cooldownMs)}`] : []), ...atMost.map(limitText)]
  return `${rule.name}: ${limits.join(', ') || 'no limits'}`
}
