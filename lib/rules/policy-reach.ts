import { type Source, SourceKind } from '../runs/run.ts'
import { CATALOGUE } from '../services/catalogue.ts'
import { covers, likeAny, type Patterns } from './pattern.ts'
import type { PolicyEntry } from './rules.ts'

/** What the entries of a policy can fit at all. */

/** An entry that decides nothing, because earlier ones fit whatever it fits. */
export interface UnreachableEntry {
  entry: PolicyEntry
  /** In the order of the file. */
  coveredBy: PolicyEntry[]
}

/**
 * The entries that decide nothing. Each kind of source and each operation is looked at by itself, and must be covered by one earlier
 * entry: what several of them cover only together is not found, and no entry that may decide something is in the list.
 */
export function unreachableEntries(policy: readonly PolicyEntry[]): UnreachableEntry[] {
  return policy.flatMap((entry, index) => {
    const earlier = policy.slice(0, index)
    const covering = new Set<PolicyEntry>()
    for (const kind of kindsOf(entry.who)) {
      for (const operation of operationsOf(entry)) {
        const first = earlier.find((one) => coversEntry(one, entry, { kind, operation }))
        if (!first) return []
        covering.add(first)
      }
    }
    return [{ entry, coveredBy: earlier.filter((one) => covering.has(one)) }]
  })
}

/** The kinds of source that an entry fits: only http has callers. */
export function kindsOf({ kind = SourceKind.options, caller }: PolicyEntry['who']): Source['kind'][] {
  return caller === undefined ? [...kind] : kind.filter((one) => one === 'http')
}

/** The operations of the catalogue that an entry fits. */
export function operationsOf({ operations, allow, allowDataLoss }: PolicyEntry): string[] {
  const mayLoseData = !allow || allowDataLoss === true
  return [...CATALOGUE.values()]
    .filter(({ name, destroysData }) => likeAny(operations, name) && (mayLoseData || !destroysData))
    .map(({ name }) => name)
}

function coversEntry(
  earlier: PolicyEntry,
  entry: PolicyEntry,
  { kind, operation }: { kind: Source['kind']; operation: string },
): boolean {
  return (
    kindsOf(earlier.who).includes(kind) &&
    operationsOf(earlier).includes(operation) &&
    coversAll(earlier.who.source, entry.who.source) &&
    coversOptional(earlier.who.rule, entry.who.rule) &&
    coversAll(earlier.who.caller, entry.who.caller) &&
    coversAll(earlier.resources, entry.resources) &&
    coversAll(earlier.accounts, entry.accounts) &&
    coversAll(earlier.regions, entry.regions)
  )
}

/** Absent patterns fit every text. */
function coversAll(wide: Patterns | undefined = '*', narrow: Patterns | undefined = '*'): boolean {
  return covers(wide, narrow)
}

/** Not every request has a rule, and one without it fits no pattern. */
function coversOptional(wide: Patterns | undefined, narrow: Patterns | undefined): boolean {
  return wide === undefined || (narrow !== undefined && coversAll(wide, narrow))
}
