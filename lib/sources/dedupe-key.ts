import { sha256 } from '../basics/sha256.ts'

/** Parts that sources fill with what they like are kept apart as JSON keeps them: no two lists of parts give one key. */
export function dedupeKeyOf(...parts: unknown[]): string {
  return sha256(JSON.stringify(parts))
}

/** The same, in whatever order they came. */
export function sortedEntries(record: Record<string, string>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}
