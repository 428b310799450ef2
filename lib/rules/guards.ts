import {
  DEFAULT_BREAKER,
  DEFAULT_DISARM,
  DEFAULT_GUARDS,
  type GuardSettings,
  type RuleGuards,
} from '../runs/guards/settings.ts'
import { groupsFor } from './groups.ts'
import type { Rules } from './rules.ts'

/** The guards of the rules in force, as the engine takes them. It loads no schema, as functions that send start with it. */
export function guardsOf({ rules, tickets, groups, windows, defaults }: Rules): GuardSettings {
  return {
    ...DEFAULT_GUARDS,
    windows,
    groups: groupsFor(groups, defaults.storm),
    rules: Object.fromEntries(rules.map((rule) => [rule.name, ruleGuardsOf(rule, defaults)])),
    ruleNames: [...rules, ...tickets].map(({ name }) => name),
    operationBreaker: ruleGuardsOf({}, defaults).breaker,
  }
}

type Stopping = { [Field in keyof RuleGuards]?: RuleGuards[Field] | undefined }

/** Those of a rule, else of `defaults`, else the built-in ones. */
function ruleGuardsOf(rule: Stopping, defaults: Stopping): RuleGuards {
  return {
    disarm: rule.disarm ?? defaults.disarm ?? DEFAULT_DISARM,
    breaker: rule.breaker ?? defaults.breaker ?? DEFAULT_BREAKER,
  }
}
