import { DCS_EVENTS } from '../sources/alarms/huawei/events.ts'
import { rungsOf } from './ladder.ts'
import { limitsOfAlarm, limitTexts } from './limits.ts'
import { likeAny } from './pattern.ts'
import { isReference, type Lists, listedValues, type RuleValue } from './references.ts'
import type { RuleError } from './rule-error.ts'
import type { AlarmRule, Rules } from './rules.ts'
import { OWN_ALARMS_MS } from './self-inflicted.ts'

/** Alarm rules that may start each other's runs for ever, and what ends that. */
export function loopingRules(rules: Rules): RuleError[] {
  return rules.rules.flatMap((rule, index) =>
    [...startedByOthers(rule, rules), ...undoing(rule, rules.rules.slice(0, index), rules)].map((message) => ({
      path: ['rules', index],
      message: `rule ${rule.name}: may loop: ${message}`,
    })),
  )
}

/** A rule that answers alarms which runs of other rules raise. */
function startedByOthers(rule: AlarmRule, { rules, lists, defaults }: Rules): string[] {
  const isRaising = (other: AlarmRule): boolean =>
    other !== rule &&
    eventsBetween(other, rule).length > 0 &&
    mayBeSame(withoutParts(other.target), withoutParts(rule.target), lists)
  const others = rules.filter(isRaising)
  if (others.length === 0) return []
  const events = new Set(others.flatMap((other) => eventsBetween(other, rule)))
  const runs = others.map((other) => `${other.name} (${runsOf(other).join(', ')})`).join(', ')
  const why = `it answers ${[...events].join(', ')}, which runs of ${runs} raise on one resource`
  return [`${why}. What keeps them apart: ${OWN_ALARMS}; ${limitsText(rule, defaults)}`]
}

const OWN_ALARMS = `an alarm that a run raises starts no other on its resource until ${OWN_ALARMS_MS / 60_000} min after it`

/** The events by which a run of one rule may start another. */
function eventsBetween(by: AlarmRule, rule: AlarmRule): string[] {
  return [...DCS_EVENTS]
    .filter(
      ([id, { duringOwnRun, recovery }]) =>
        !recovery && runsOf(by).some((run) => duringOwnRun.includes(run)) && isMeant(id, rule),
    )
    .map(([id]) => id)
}

/** A rule that starts what an earlier one stops. */
function undoing(rule: AlarmRule, earlier: AlarmRule[], { lists, defaults }: Rules): string[] {
  return earlier
    .filter((other) => mayBeSame(other.target, rule.target, lists))
    .flatMap((other) =>
      runsOf(rule).flatMap((own) =>
        runsOf(other)
          .filter((run) => isUndone(run, own))
          .map((run) => {
            const why = `its ${own} undoes ${run} of ${other.name} on one resource`
            return `${why}. What keeps them apart: ${limitsText(other, defaults)}; ${limitsText(rule, defaults)}`
          }),
      ),
    )
}

/** The operations of all steps of a rule. */
function runsOf(rule: AlarmRule): string[] {
  return rungsOf(rule).map(({ run }) => run)
}

const UNDONE_BY: Readonly<Record<string, string>> = { start: 'stop', stop: 'start' }

function isUndone(run: string, by: string): boolean {
  const [, of, verb = ''] = /^(.+)\.(start|stop)$/.exec(run) ?? []
  return by === `${of}.${UNDONE_BY[verb]}`
}

const ANY_TEXT = /^\*+$/

/** Whether a rule names an event of DCS, or takes all alarms of Huawei Cloud. Other names of alarms say nothing of events. */
function isMeant(event: string, { when }: AlarmRule): boolean {
  const { source, alarm, dimensions = {} } = when
  if (!likeAny(source, 'huawei') || !likeAny(dimensions.namespace, 'SYS.DCS')) return false
  if (dimensions.metric_name !== undefined) return likeAny(dimensions.metric_name, event)
  return source !== undefined && [alarm].flat().some((name) => ANY_TEXT.test(name))
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
  const limits = limitTexts(limitsOfAlarm(rule, defaults, ''))
  return `${rule.name}: ${limits.join(', ') || 'no limits'}`
}
