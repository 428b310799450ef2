import type { Budget, Limits } from '../tally.ts'

/** What one record counts, and how much of it is allowed: the runs on a resource, of a rule, or of a caller. */
export interface Tally {
  /** The resource, `rule/<name>` or `caller/<entry>/<hash>`. */
  of: string
  /** The rule, or the entry of the policy, that counts. */
  rule: string
  /** For people: `resource`, `rule` or `caller by policy of …`. */
  per: string
  atMost: readonly CountLimit[]
  cooldownMs: number
}

export type CountLimit = Budget['atMost'][number]

/** The limits of a run, and the budget of its caller. */
export interface Limited {
  limits?: Limits | undefined
  budget?: Budget | undefined
}

export function tallyOfResource(of: string, { rule, atMost, cooldownMs }: Limits): Tally {
  return { of, rule, per: 'resource', atMost: atMost.filter(({ per }) => per === 'resource'), cooldownMs }
}

/** The tallies of a run that are not those of its resource. */
export function sharedTallies({ limits, budget }: Limited): Tally[] {
  const perRule = limits?.atMost.filter(({ per }) => per === 'rule') ?? []
  const shared = { cooldownMs: 0 }
  return [
    ...(limits && perRule.length > 0
      ? [{ of: `rule/${limits.rule}`, rule: limits.rule, per: 'rule', atMost: perRule, ...shared }]
      : []),
    ...(budget ? [{ ...budget, per: `caller by policy of ${budget.entry}`, ...shared }] : []),
  ]
}
