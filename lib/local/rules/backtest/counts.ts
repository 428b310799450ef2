import { guardOf } from './reasons.ts'
import type { Replayed } from './replay.ts'

export type Counts = Record<Replayed['result'] | 'items', number>

/** What a replay came to. */
export interface Summary {
  /** Every rule, also one that decided nothing; last what no rule decided. */
  rules: { rule: string; counts: Counts }[]
  /** Every day from the first to the last, in UTC. */
  days: { day: string; counts: Counts; runs: Record<string, number> }[]
  /** Why there was no run, the most frequent first. */
  reasons: { rule: string; reason: string; count: number }[]
}

const NO_RULE = '(no rule)'

/** @param names all rules, in the order of the file */
export function summarize(decisions: readonly Replayed[], names: readonly string[]): Summary {
  const byRule = Map.groupBy(decisions, ({ rule = NO_RULE }) => rule)
  const gone = [...byRule.keys()].filter((name) => name !== NO_RULE && !names.includes(name))
  const rules = [...names, ...gone, ...(byRule.has(NO_RULE) ? [NO_RULE] : [])]
  const byDay = Map.groupBy(decisions, ({ atMs }) => dayOf(atMs))
  return {
    rules: rules.map((rule) => ({ rule, counts: countsOf(byRule.get(rule) ?? []) })),
    days: daysOf(decisions).map((day) => {
      const ofDay = byDay.get(day) ?? []
      return { day, counts: countsOf(ofDay), runs: runsByRule(ofDay) }
    }),
    reasons: reasonsOf(decisions),
  }
}

function countsOf(decisions: readonly Replayed[]): Counts {
  const counts: Counts = { items: 0, run: 0, rung: 0, joined: 0, refused: 0, ignored: 0, repeat: 0, spared: 0 }
  for (const { result } of decisions) {
    counts[result] += 1
    if (result !== 'rung') counts.items += 1
  }
  return counts
}

function runsByRule(decisions: readonly Replayed[]): Record<string, number> {
  const runs = Map.groupBy(
    decisions.filter(({ result }) => result === 'run' || result === 'rung'),
    ({ rule = NO_RULE }) => rule,
  )
  return Object.fromEntries([...runs].map(([rule, all]) => [rule, all.length]))
}

function reasonsOf(decisions: readonly Replayed[]): Summary['reasons'] {
  const given = decisions.flatMap(({ rule = NO_RULE, reason, guard }) =>
    reason === undefined ? [] : [{ rule, reason: guard ?? guardOf(reason) }],
  )
  const groups = Map.groupBy(given, (one) => JSON.stringify([one.rule, one.reason]))
  const counted = [...groups.values()].flatMap(([first, ...more]) =>
    first ? [{ ...first, count: more.length + 1 }] : [],
  )
  return counted.sort((a, b) => b.count - a.count)
}

const DAY_MS = 86_400_000

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}

function daysOf(decisions: readonly Replayed[]): string[] {
  const [first, last] = [decisions[0], decisions.at(-1)]
  if (!first || !last) return []
  const from = Math.floor(first.atMs / DAY_MS)
  const count = Math.floor(last.atMs / DAY_MS) - from + 1
  return Array.from({ length: count }, (_, index) => dayOf((from + index) * DAY_MS))
}
