import { sha256 } from '../basics/sha256.ts'

/** Hashes the parts as JSON, so that no two lists of parts have the same text, whatever senders put into them. */
export function dedupeKeyOf(...parts: unknown[]): string {
  return sha256(JSON.stringify(parts))
}

/** The entries in one order, whatever order they came in. */
export function sortedEntries(record: Record<string, string>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}
