import { like } from '../basics/like.ts'
import type { Source } from '../runs/run.ts'
import { CATALOGUE } from '../services/catalogue.ts'
import { SOURCES } from '../sources/sources.ts'
import { likeAny } from './pattern.ts'
import { AlarmReference, TicketReference } from './references.ts'
import { type ErrorAt, type Path, type RuleError, unknownOperation } from './rule-error.ts'
import type { AlarmRule, CallerRule, RequestRule, Rules, TicketRule } from './rules.ts'
import { ladderErrors, runErrors } from './run-errors.ts'
import { windowErrors } from './window-errors.ts'

/** Faults of rules that have the right shape: unknown names, targets that no operation takes. */

/** The faults of rules that the schema of the file cannot find. */
export function ruleErrorsOf({ lists, windows, rules, tickets, requests, callers = [] }: Rules): RuleError[] {
  const sections = { rules, tickets, requests, callers }
  const names = Object.values(sections).flatMap((section) => section.map(({ name }) => name))
  const duplicates = new Set(names.filter((name, index) => names.indexOf(name) < index))
  return Object.entries(sections).flatMap(([section, all]) =>
    all.flatMap((rule, index) => {
      const errorAt = errorsOfRule(rule.name, [section, index])
      const form = section === 'rules' ? AlarmReference : TicketReference
      return [
        ...(duplicates.has(rule.name) ? [errorAt(['name'], 'there is another rule of this name')] : []),
        ...('resources' in rule ? patternErrors(rule, errorAt) : []),
        ...(isTicketRule(rule) ? runErrors(rule, { form, lists, errorAt }) : []),
        ...(isAlarmRule(rule) ? ladderErrors(rule, { form, lists, errorAt }) : []),
        ...(isTicketRule(rule) ? [...approvalErrors(rule, errorAt), ...eventErrors(rule, errorAt)] : []),
        ...sourceErrors(rule, section, errorAt),
        ...windowErrors(rule, windows).map(({ path, message }) => errorAt(path, message)),
      ]
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

function errorsOfRule(name: string, at: Path): ErrorAt {
  return (path, message) => ({ path: [...at, ...path], message: `rule ${name}: ${message}` })
}

/** CloudWatch alarms arrive by EventBridge, not as a webhook. */
const CLOUDWATCH = 'cloudwatch'

/** The source and the event of direct requests for runs. */
const DIRECT = { source: 'generic', event: 'run.requested' }

function sourceErrors({ when }: AnyRule, section: string, errorAt: ErrorAt): RuleError[] {
  if ('caller' in when) return []
  const all = section === 'requests' ? [DIRECT.source] : sourcesOf(section === 'rules' ? 'alarm' : 'ticket')
  return [when.source ?? []].flat().flatMap((pattern) => {
    const fits = all.some((name) => like(pattern, name))
    return fits ? [] : [errorAt(['when', 'source'], `when.source: ${pattern} is not known; one of ${all.join(', ')}`)]
  })
}

/** The names of the sources of a kind. */
export function sourcesOf(kind: Source['kind']): string[] {
  if (kind === 'http') return ['api']
  const known = [...SOURCES.values()].filter((source) => source.kind === kind).map(({ name }) => name)
  return kind === 'alarm' ? [CLOUDWATCH, ...known] : known
}

/** A ticket rule for direct requests would never fit. */
function eventErrors({ when }: TicketRule, errorAt: ErrorAt): RuleError[] {
  if (![when.event].flat().includes(DIRECT.event)) return []
  const message = `when.event: ${DIRECT.event} asks for a run itself and is no ticket: write a rule under \`requests\``
  return [errorAt(['when', 'event'], message)]
}

/** Only some sources can be asked for an approval. */
function approvalErrors({ when, approval }: TicketRule, errorAt: ErrorAt): RuleError[] {
  if (approval === undefined) return []
  const able = [...SOURCES.values()].filter(({ approvalDenial }) => approvalDenial).map(({ name }) => name)
  const meant = [...SOURCES.values()].filter(({ name, kind }) => kind === 'ticket' && likeAny(when.source, name))
  if (meant.every(({ approvalDenial }) => approvalDenial)) return []
  return [errorAt(['approval'], `approval: is supported for ${able.join(', ')} only`)]
}

/** A pattern may match operations that delete data and others: each request is checked when it comes. */
function patternErrors({ run }: RequestRule | CallerRule, errorAt: ErrorAt): RuleError[] {
  return [run].flat().flatMap((pattern) => {
    const fits = [...CATALOGUE.keys()].some((name) => like(pattern, name))
    return fits ? [] : [errorAt(['run'], unknownOperation('run', pattern))]
  })
}
