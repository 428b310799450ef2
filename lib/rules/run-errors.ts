import type * as z from 'zod'
import { issuesOf } from '../basics/field-issues.ts'
import { CATALOGUE } from '../services/catalogue.ts'
import type { LifecycleOperation } from '../services/lifecycle.ts'
import { needsApproval, rungsOf } from './ladder.ts'
import { wrongListValues } from './list-values.ts'
import {
  filled,
  isMalformedReference,
  isReference,
  type Lists,
  type RuleValue,
  TicketReference,
  unlistedReferences,
} from './references.ts'
import { type ErrorAt, type Path, type RuleError, unknownOperation } from './rule-error.ts'
import type { AlarmRule, TicketRule } from './rules.ts'

/** Faults of what rules start: operations, targets, params, steps of ladders. */

/** The faults of each step of an alarm's rule. Those of the target are found once. */
export function ladderErrors(rule: AlarmRule, context: RunContext): RuleError[] {
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
    const isFirst = index === 0 && rung.approval !== undefined
    return [
      ...runErrors(step, { ...context, errorAt: stepAt }),
      ...anyTargetErrors(step, stepAt),
      ...(isLater ? [stepAt(['run'], approval)] : []),
      ...(isFirst ? [stepAt(['approval'], 'approval: nobody can be asked before the first step')] : []),
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

interface RunContext {
  /** The form of references in this section. */
  form: z.ZodType
  lists: Lists
  errorAt: ErrorAt
}

type RunRule = Pick<TicketRule, 'run' | 'params' | 'target' | 'allowDataLoss'>

export function runErrors(rule: RunRule, context: RunContext): RuleError[] {
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
