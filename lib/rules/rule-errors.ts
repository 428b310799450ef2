import type * as z from 'zod'
import { issuesOf } from '../basics/field-issues.ts'
import { CATALOGUE } from '../services/catalogue.ts'
import type { LifecycleOperation } from '../services/lifecycle.ts'
import { SOURCES } from '../sources/sources.ts'
import { wrongListed } from './list-values.ts'
import { like, likeAny } from './pattern.ts'
import {
  AlarmReference,
  filled,
  isMalformedReference,
  isReference,
  type Lists,
  type RuleValue,
  TicketReference,
  unlistedReferences,
} from './references.ts'
import type { AlarmRule, CallerRule, RequestRule, Rules, TicketRule } from './rules.ts'

/** What is wrong with rules that have the right shape: names that nobody knows, targets that no operation takes. */

/** Into the rule file. */
export type Path = (string | number)[]

export interface RuleError {
  path: Path
  message: string
}

/** What the schema of the file cannot know. */
export function ruleErrorsOf({ lists, rules, tickets, requests, callers = [] }: Rules): RuleError[] {
  const named = { rules, tickets, requests, callers }
  const names = Object.values(named).flatMap((section) => section.map(({ name }) => name))
  const twice = new Set(names.filter((name, index) => names.indexOf(name) < index))
  return Object.entries(named).flatMap(([section, all]) =>
    all.flatMap((rule, index) => {
      const place = section === 'rules' ? AlarmReference : TicketReference
      const about = aboutRule(rule.name, [section, index])
      const doubled = twice.has(rule.name) ? [about(['name'], 'there is another rule of this name')] : []
      const own = 'resources' in rule ? requestComplaints(rule, about) : runComplaints(rule, place, lists, about)
      const alarm = isAlarmRule(rule) ? anyTargetComplaints(rule, about) : []
      const ticket = isTicketRule(rule) ? [...approvalComplaints(rule, about), ...eventComplaints(rule, about)] : []
      return [...doubled, ...own, ...alarm, ...ticket, ...sourceComplaints(rule, section, about)]
    }),
  )
}

type AnyRule = AlarmRule | TicketRule | RequestRule | CallerRule

function isTicketRule(rule: AnyRule): rule is TicketRule {
  return 'event' in rule.when
}

function isAlarmRule(rule: AnyRule): rule is AlarmRule {
  return 'alarm' in rule.when
}

/** By force, and without persistence its data is gone: whoever names an alarm's dimensions would name what loses it. */
const NEEDS_LIST: readonly string[] = ['dcs.instance.restart']

function anyTargetComplaints({ run, target, anyTarget }: AlarmRule, about: About): RuleError[] {
  if (anyTarget || !NEEDS_LIST.includes(run)) return []
  return unlistedReferences(target.instanceId).map((place) =>
    about(
      ['target', 'instanceId'],
      `target.instanceId: an alarm may name any instance by its ${place}; give it in: <list>, or say anyTarget: true`,
    ),
  )
}

type About = (path: Path, message: string) => RuleError

function aboutRule(name: string, at: Path): About {
  return (path, message) => ({ path: [...at, ...path], message: `rule ${name}: ${message}` })
}

/** Alarms of CloudWatch come by EventBridge, not as a webhook. */
const CLOUDWATCH = 'cloudwatch'

/** Who asks in our own words, and how such an event is called. */
const OWN_WORDS = { source: 'generic', event: 'run.requested' }

function sourceComplaints({ when }: AnyRule, section: string, about: About): RuleError[] {
  if ('caller' in when) return []
  const kind = section === 'rules' ? 'alarm' : 'ticket'
  const known = [...SOURCES.values()].filter((source) => source.kind === kind).map(({ name }) => name)
  const all = section === 'requests' ? [OWN_WORDS.source] : kind === 'alarm' ? [CLOUDWATCH, ...known] : known
  return [when.source ?? []].flat().flatMap((pattern) => {
    const fits = all.some((name) => like(pattern, name))
    return fits ? [] : [about(['when', 'source'], `when.source: ${pattern} is not known; one of ${all.join(', ')}`)]
  })
}

/** It would never fit. */
function eventComplaints({ when }: TicketRule, about: About): RuleError[] {
  if (![when.event].flat().includes(OWN_WORDS.event)) return []
  const message = `when.event: ${OWN_WORDS.event} is a wish in our own words: a rule of \`requests\` takes it`
  return [about(['when', 'event'], message)]
}

/** An approval can only be read back where the source can be asked. */
function approvalComplaints({ when, approval }: TicketRule, about: About): RuleError[] {
  if (approval === undefined) return []
  const able = [...SOURCES.values()].filter(({ approvalDenial }) => approvalDenial).map(({ name }) => name)
  const meant = [...SOURCES.values()].filter(({ name, kind }) => kind === 'ticket' && likeAny(when.source, name))
  if (meant.every(({ approvalDenial }) => approvalDenial)) return []
  return [about(['approval'], `approval: can be required of ${able.join(', ')} only`)]
}

/** Patterns may name what deletes data and what does not: what is allowed is decided when a request comes. */
function requestComplaints({ run }: RequestRule | CallerRule, about: About): RuleError[] {
  return [run].flat().flatMap((pattern) => {
    const fits = [...CATALOGUE.keys()].some((name) => like(pattern, name))
    return fits ? [] : [about(['run'], unknownOperation(pattern))]
  })
}

function unknownOperation(name: string): string {
  return `run: ${name} is not known; one of ${[...CATALOGUE.keys()].join(', ')}`
}

function runComplaints(rule: AlarmRule | TicketRule, place: z.ZodType, lists: Lists, about: About): RuleError[] {
  const operation = CATALOGUE.get(rule.run)
  if (!operation) return [about(['run'], unknownOperation(rule.run))]
  const complaints = [
    ...placeComplaints(rule.target, place, lists, ['target'], about),
    ...targetComplaints(rule, operation, about),
    ...wrongListed(rule.target, operation, lists).map(({ path, message }) => about(path, message)),
    ...partComplaints(operation.params.safeParse(rule.params ?? {}).error?.issues ?? [], 'params', about),
  ]
  if (operation.destroysData && !rule.allowDataLoss) {
    const message = `${rule.run} deletes data; say allowDataLoss: true if it may do that`
    complaints.unshift(about(['run'], message))
  }
  return complaints
}

/** Places that are spoilt, or name a list that is not there. */
function placeComplaints(value: RuleValue, place: z.ZodType, lists: Lists, path: Path, about: About): RuleError[] {
  if (typeof value !== 'object') return []
  if (isMalformedReference(value, place)) {
    const needs =
      place === TicketReference
        ? '{ field: <path>, in: <list> }'
        : '{ dimension: <name> }, { tag: <name> } or { alarm: region }'
    return [about(path, `${path.join('.')}: is not a value; what is read from outside is ${needs}`)]
  }
  if (isReference(value)) {
    const isMissing = typeof value.in === 'string' && !Object.hasOwn(lists, value.in)
    return isMissing ? [about(path, `${path.join('.')}: there is no list ${value.in}`)] : []
  }
  return Object.entries(value).flatMap(([key, one]) => placeComplaints(one, place, lists, [...path, key], about))
}

/** What stands in the file is checked now; what is read from outside, when it comes. */
function targetComplaints(
  { target }: AlarmRule | TicketRule,
  operation: LifecycleOperation,
  about: About,
): RuleError[] {
  const { error } = operation.target.safeParse(filled(target, (path) => path.join('.')))
  const issues = (error?.issues ?? []).filter(({ path }) => !leadsToPlace(target, path))
  return partComplaints(issues, 'target', about)
}

function partComplaints(issues: z.core.$ZodIssue[], part: string, about: About): RuleError[] {
  return issuesOf({ issues }, [part]).map(({ field, message }) => about(field.split('.'), `${field}: ${message}`))
}

function leadsToPlace(value: unknown, path: PropertyKey[]): boolean {
  if (isReference(value)) return true
  const [key, ...rest] = path
  const isInside = typeof value === 'object' && value !== null && key !== undefined
  return isInside && leadsToPlace((value as Record<PropertyKey, unknown>)[key], rest) // an object, seen above
}
