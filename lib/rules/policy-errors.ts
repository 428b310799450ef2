import { like } from '../basics/like.ts'
import type { Source } from '../runs/run.ts'
import { CATALOGUE } from '../services/catalogue.ts'
import { likeAny, type Patterns } from './pattern.ts'
import { kindsOf, operationsOf } from './policy-reach.ts'
import { type Path, type RuleError, unknownOperation } from './rule-error.ts'
import { sourcesOf } from './rule-errors.ts'
import type { PolicyEntry, Rules } from './rules.ts'

/** Faults of a policy that has the right shape: entries that fit nothing, and settings that say nothing. */

type ErrorAt = (path: Path, message: string) => RuleError

/** The faults of the policy that the schema of the file cannot find. */
export function policyErrorsOf(rules: Rules): RuleError[] {
  const { policy = [] } = rules
  const named = rulesByKind(rules)
  return policy.flatMap((entry, index) => {
    const errorAt: ErrorAt = (path, message) => ({
      path: ['policy', index, ...path],
      message: `policy ${entry.name}: ${message}`,
    })
    const isTaken = policy.some((other) => other !== entry && other.name === entry.name)
    return [
      ...(isTaken ? [errorAt(['name'], 'there is another entry of this name')] : []),
      ...whoErrors(entry, named, errorAt),
      ...operationErrors(entry, errorAt),
      ...denialErrors(entry, errorAt),
    ]
  })
}

type RulesByKind = Record<Source['kind'], { name: string }[]>

function rulesByKind({ rules, tickets, requests, callers = [] }: Rules): RulesByKind {
  return { alarm: rules, ticket: [...tickets, ...requests], http: callers }
}

function whoErrors({ who }: PolicyEntry, named: RulesByKind, errorAt: ErrorAt): RuleError[] {
  const kinds = kindsOf(who)
  if (kinds.length === 0) return [errorAt(['who', 'caller'], 'who.caller: only http has callers; set kind: http')]
  const sources = kinds.flatMap((kind) => sourcesOf(kind))
  const rules = kinds.flatMap((kind) => named[kind].map(({ name }) => name))
  return [
    ...unknown(who.source, sources).map((one) =>
      errorAt(['who', 'source'], `who.source: ${one} is not known; one of ${sources.join(', ')}`),
    ),
    ...unknown(who.rule, rules).map((one) => errorAt(['who', 'rule'], `who.rule: there is no rule ${one}`)),
  ]
}

/** The patterns that fit none of the names. */
function unknown(patterns: Patterns | undefined, names: readonly string[]): string[] {
  return [patterns ?? []].flat().filter((pattern) => !names.some((name) => like(pattern, name)))
}

function operationErrors(entry: PolicyEntry, errorAt: ErrorAt): RuleError[] {
  const missing = unknown(entry.operations, [...CATALOGUE.keys()])
  if (missing.length > 0) return missing.map((one) => errorAt(['operations'], unknownOperation('operations', one)))
  if (operationsOf(entry).length > 0) return []
  const named = [...CATALOGUE.keys()].filter((name) => likeAny(entry.operations, name))
  const verb = named.length > 1 ? 'delete' : 'deletes'
  return [
    errorAt(['operations'], `operations: ${named.join(', ')} ${verb} data; set allowDataLoss: true to allow that`),
  ]
}

/** The settings of an entry that allows. */
const OF_ALLOWANCE = ['allowDataLoss', 'override', 'budget'] as const

function denialErrors(entry: PolicyEntry, errorAt: ErrorAt): RuleError[] {
  if (entry.allow) return []
  return OF_ALLOWANCE.flatMap((field) =>
    entry[field] ? [errorAt([field], `${field}: says nothing where allow is false`)] : [],
  )
}
