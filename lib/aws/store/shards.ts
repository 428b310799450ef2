import { sha256 } from '../../basics/sha256.ts'

/**
 * A partition of an index takes 1,000 write units a second. Sixteen take a thousand new runs a second: a swap of ten minutes
 * writes fifteen units of `swept`.
 */
const SHARDS = [...'0123456789abcdef']

/** The partition of a record, e.g. `run.7`: the first digit of the hash of its id. */
export function shardOf(of: string, id: string): string {
  return `${of}.${sha256(id).charAt(0)}`
}

export function shardsOf(of: string): string[] {
  return SHARDS.map((shard) => `${of}.${shard}`)
}

/** A stored record without what the indexes have of it. */
export function withoutKeys(item: Record<string, unknown>): Record<string, unknown> {
  const { listShard, listed, sourceKind, sourceName, dueShard, ...record } = item
  return record
}
