import type { Item } from './expressions.ts'

/** What the next release adds to each record, and to the records in it. */
const ADDED = 'ofTheNextRelease'

/** The records in a record that a change of it keeps. */
const PARTS = ['progress', 'source'] as const

/** A run or a lease as a worker of the next release writes it. */
export function asOfNextRelease(item: Item, number: number): Item {
  if (!isShared(item)) return item
  const parts = PARTS.filter((name) => item[name] !== undefined)
  return {
    ...item,
    ...Object.fromEntries(parts.map((name) => [name, { ...(item[name] as Item), [ADDED]: number }])),
    [ADDED]: number,
  }
}

/** What a worker of this release has dropped of it: names, empty where nothing. */
export function dropped(before: Item | undefined, after: Item): string[] {
  if (!before || !isShared(before)) return []
  const lost = PARTS.filter((name) => added(before[name]) !== undefined && added(after[name]) === undefined)
  return [...lost, ...(added(before) !== undefined && added(after) === undefined ? ['the record itself'] : [])]
}

function isShared({ kind }: Item): boolean {
  return kind === 'run' || kind === 'lease'
}

function added(part: unknown): unknown {
  return (part as Item | undefined)?.[ADDED]
}
