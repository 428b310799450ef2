import { sha256 } from '../../basics/sha256.ts'
import type { Fields } from './compact.ts'

/**
 * What is large in a run and written once lies beside its record, in items of their own: each write of the record costs its size.
 * A part is written before the record that names it, and read with it.
 */
export interface Part {
  /** E.g. `baseline:run_…:<hash>`: another content has another id, so a part never changes. */
  id: string
  fields: Fields
}

/** From how many characters of JSON on fields are a part. */
const PARTS = {
  /** That of a DCS instance has 150; that of an EMR cluster names each process. */
  baseline: { fields: ['baseline'], atLeast: 256 },
  /** An alarm has its ARN, a reason of a sentence or two, and its limits. Most requests of people have 100. */
  request: { fields: ['source', 'limits'], atLeast: 200 },
} as const
export type PartName = keyof typeof PARTS

/** The hashes of a record's parts, as the record has them. */
type Beside = Partial<Record<PartName, string>>

/** Splits a record. A part that it names and does not have, as in lists, stays its part. */
export function separated(whole: Fields): { record: Fields; parts: Part[] } {
  const parts: Part[] = []
  const named = { ...besideOf(whole) }
  const { beside, ...record } = whole
  const rest = { ...record }
  for (const [name, { fields, atLeast }] of Object.entries(PARTS) as [PartName, (typeof PARTS)[PartName]][]) {
    const own = Object.fromEntries(
      fields.flatMap((field) => (record[field] === undefined ? [] : [[field, record[field]]])),
    )
    const text = sortedJson(own)
    if (text.length < atLeast) continue
    named[name] = sha256(text).slice(0, HASH_DIGITS)
    parts.push({ id: partId(name, String(record.id), named[name]), fields: own })
    for (const field of fields) delete rest[field]
  }
  return { record: Object.keys(named).length > 0 ? { ...rest, beside: named } : rest, parts }
}

/** The ids of the parts that a record names. */
export function partIds(item: Fields, names: readonly PartName[] = ['request', 'baseline']): string[] {
  const named = besideOf(item)
  return names.flatMap((name) => (named[name] === undefined ? [] : [partId(name, String(item.id), named[name])]))
}

export function besideOf({ beside }: Fields): Beside {
  return (beside ?? {}) as Beside // as this module writes it
}

/** Of one run, no two contents meet in 48 bits. */
const HASH_DIGITS = 12

function partId(name: PartName, runId: string, hash: string): string {
  return `${name}:${runId}:${hash}`
}

/** DynamoDB does not keep the order of fields, and the same content must have the same hash. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}
