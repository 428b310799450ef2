import type * as z from 'zod'
import { issuesOf } from '../basics/field-issues.ts'
import { like } from '../basics/like.ts'
import type { Source } from '../runs/run.ts'
import { CATALOGUE } from '../services/catalogue.ts'
import type { LifecycleOperation } from '../services/lifecycle.ts'
import { SOURCES } from '../sources/sources.ts'
import { needsApproval, rungsOf } from './ladder.ts'
import { wrongListValues } from './list-values.ts'
import { likeAny } from './pattern.ts'
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
import { windowErrors } from './window-errors.ts'

/** Faults of rules that have the right shape: unknown names, targets that no operation takes. */

/** Keys and indexes from the top of the rule file. */
export type Path = (string | number)[]

export interface RuleError {
  path: Path
  message: string
}

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

/** Makes an error of one rule. The path starts at the rule. */
type ErrorAt = (path: Path, message: string) => RuleError

function errorsOfRule(name: string, at: Path): ErrorAt {
  return (path, message) => ({ path: [...at, ...path], message: `rule ${name}: ${message}` })
}

/** The faults of each step of an alarm's rule. Those of the target are found once. */
function ladderErrors(rule: AlarmRule, context: RunContext): RuleError[] {
  const { errorAt } = context
  if ((rule.run === undefined) === (rule.ladder === undefined)) {
    return [errorAt([rule.run === undefined ? 'name' : 'ladder'], 'needs either run or ladder')]
  }
  if (rule.ladder && rule.params) return [errorAt(['params'], 'params: belong to the steps of the ladder')]
  const all = rungsOf(rule).flatMap((rung, index) => {
    const isStep = rule.ladder !== undefined
    const stepAt: ErrorAt = (path, message) =>
      errorAt(isStep && path[0] !== 'target' ? ['ladder', index, ...path] : path, message)
    const step = { ...rule, ...rung, params: rung.params ?? {} }
    const isLater = index > 0 && needsApproval(rung) && rung.approval === undefined
    const approval = `${rung.run} deletes data: as a later step it needs approval: required`
    return [
      ...runErrors(step, { ...context, errorAt: stepAt }),
      ...anyTargetErrors(step, stepAt),
      ...(isLater ? [stepAt(['run'], approval)] : []),
    ]
  })
  return [...new Map(all.map((error) => [JSON.stringify(error), error])).values()]
}

function anyTargetErrors(
  { run, target, anyTarget }: Pick<AlarmRule, 'target' | 'anyTarget'> & { run: string },
  errorAt: ErrorAt,
): RuleError[] {
  const field = CATALOGUE.get(run)?.listedInAlarms
  if (anyTarget || field === undefined) return []
  return unlistedReferences(target[field]).map((reference) =>
    errorAt(
      ['target', field],
      `target.${field}: an alarm could name any by its ${reference}; add in: <list>, or set anyTarget: true`,
    ),
  )
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

export function unknownOperation(field: string, name: string): string {
  return `${field}: ${name} is not known; one of ${[...CATALOGUE.keys()].join(', ')}`
}

interface RunContext {
  /** The form of references in this section. */
  form: z.ZodType
  lists: Lists
  errorAt: ErrorAt
}

type RunRule = Pick<TicketRule, 'run' | 'params' | 'target' | 'allowDataLoss'>

function runErrors(rule: RunRule, context: RunContext): RuleError[] {
  const { lists, errorAt } = context
  const operation = CATALOGUE.get(rule.run)
  if (!operation) return [errorAt(['run'], unknownOperation('run', rule.run))]
  const losesData = operation.destroysData && !rule.allowDataLoss
  return [
    ...(losesData ? [errorAt(['run'], `${rule.run} deletes data; set allowDataLoss: true to allow that`)] : []),
    ...referenceErrors(rule.target, ['target'], context),
    ...targetErrors(rule, operation, errorAt),
    ...wrongListValues(rule.target, operation, lists).map(({ path, message }) => errorAt(path, message)),
    ...issueErrors(operation.params.safeParse(rule.params ?? {}).error?.issues ?? [], 'params', errorAt),
  ]
}

/** Malformed references, and references to lists that do not exist. */
function referenceErrors(value: RuleValue, path: Path, context: RunContext): RuleError[] {
  const { form, lists, errorAt } = context
  if (typeof value !== 'object') return []
  if (isMalformedReference(value, form)) {
    const forms =
      form === TicketReference
        ? '{ field: <path>, in: <list> }'
        : '{ dimension: <name> }, { tag: <name> } or { alarm: region }'
    return [errorAt(path, `${path.join('.')}: is a malformed reference; write ${forms}`)]
  }
  if (isReference(value)) {
    const isMissing = typeof value.in === 'string' && !Object.hasOwn(lists, value.in)
    return isMissing ? [errorAt(path, `${path.join('.')}: there is no list ${value.in}`)] : []
  }
  return Object.entries(value).flatMap(([key, one]) => referenceErrors(one, [...path, key], context))
}

/** Faults of the values that the file holds. Values of references are checked when an event comes. */
function targetErrors({ target }: RunRule, operation: LifecycleOperation, errorAt: ErrorAt): RuleError[] {
  const { error } = operation.target.safeParse(filled(target, (path) => path.join('.')))
  const issues = (error?.issues ?? []).filter(({ path }) => !leadsToReference(target, path))
  return issueErrors(issues, 'target', errorAt)
}

function issueErrors(issues: z.core.$ZodIssue[], part: string, errorAt: ErrorAt): RuleError[] {
  return issuesOf({ issues }, [part]).map(({ field, message }) => errorAt(field.split('.'), `${field}: ${message}`))
}

function leadsToReference(value: unknown, path: PropertyKey[]): boolean {
  if (isReference(value)) return true
  const [key, ...rest] = path
  const isInside = typeof value === 'object' && value !== null && key !== undefined
  return isInside && leadsToReference((value as Record<PropertyKey, unknown>)[key], rest) // an object, checked above
}
