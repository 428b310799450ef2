import type { Windows } from './calendar.ts'
import type { WindowRule } from './verdict.ts'

/** The guards of the rules in force, as plain data: rules travel to AWS as JSON. All durations are in ms. */
export interface GuardSettings {
  windows?: Windows | undefined
  groups: Readonly<Record<string, Group>>
  /** Those of each rule for alarms. */
  rules: Readonly<Record<string, RuleGuards>>
  /** Names of all rules that runs may carry; those of `rules` unless given. */
  ruleNames?: readonly string[] | undefined
  /** Of each operation, for runs of alarms; the built-in one unless given. */
  operationBreaker?: Breaker | 'off' | undefined
}

/** Resources that fall together, or must not. */
export interface Group {
  /** Patterns, e.g. `huawei/dcs/*`. */
  resources: readonly string[]
  /** So many of its resources may be worked on at once, by runs of all rules. */
  maxAtOnce?: number | undefined
  /** The same as a share of its resources in the account and region, as the cloud lists them. */
  maxPercent?: number | undefined
  /** So many others of them must be well before a run is sent. */
  minHealthy?: number | undefined
  /** Replaces the default one for its resources; `off`: they have none. */
  storm?: Storm | 'off' | undefined
  windows?: WindowRule | undefined
}

/** More than so many distinct resources asking within so long stop everything automatic, until it has been calm for so long. */
export interface Storm {
  resources: number
  withinMs: number
  calmMs: number
}

/** The guards of one rule. */
export interface RuleGuards {
  disarm: Disarm | 'off'
  breaker: Breaker | 'off'
}

/** A rule that did not help so often in a window disarms itself. Unless `rearmAfterMs` is given, a person arms it again. */
export interface Disarm {
  after: number
  withinMs: number
  rearmAfterMs?: number | undefined
}

/** So many failures among so many runs open it for so long; then one run tries. */
export interface Breaker {
  failed: number
  of: number
  restMs: number
}

const MINUTE_MS = 60_000

/** Holds where the rules say nothing. */
export const DEFAULT_STORM: Storm = { resources: 10, withinMs: 5 * MINUTE_MS, calmMs: 15 * MINUTE_MS }
export const DEFAULT_DISARM: Disarm = { after: 3, withinMs: 24 * 60 * MINUTE_MS }
export const DEFAULT_BREAKER: Breaker = { failed: 3, of: 5, restMs: 30 * MINUTE_MS }

/** The group of every resource. */
export const EVERYTHING = 'everything'

export const DEFAULT_GUARDS: GuardSettings = {
  groups: { [EVERYTHING]: { resources: ['*'], storm: DEFAULT_STORM } },
  rules: {},
}

export function guardsOfRule({ rules }: GuardSettings, name: string): RuleGuards {
  const own = Object.hasOwn(rules, name) ? rules[name] : undefined
  return own ?? { disarm: DEFAULT_DISARM, breaker: DEFAULT_BREAKER }
}

/** @param of `rule/<name>` or `operation/<name>` */
export function breakerOf(settings: GuardSettings, of: string): Breaker | 'off' {
  if (of.startsWith('rule/')) return guardsOfRule(settings, of.slice('rule/'.length)).breaker
  return settings.operationBreaker ?? DEFAULT_BREAKER
}
