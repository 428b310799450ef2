import type { Meter, Use } from '../world/engine/meter.ts'
import type { Template } from '../world/engine/template.ts'
import { add, type Counters } from './counters.ts'
import { entryOf, indexWrites } from './index-writes.ts'
import { ownLineBytes } from './log-bytes.ts'
import { chunks, itemBytes, readUnits, textBytes, writeUnits } from './sizes.ts'

/** The commands whose price is known. Any other stops the count: nothing may be left out of it. */
const KNOWN_COMMANDS: ReadonlySet<string> = new Set([
  ...['GetCommand', 'BatchGetCommand', 'PutCommand', 'DeleteCommand', 'QueryCommand'],
  ...['SendMessageCommand', 'SendMessageBatchCommand', 'PublishCommand', 'GetSecretValueCommand'],
])

/** What no command of ours asks for: Lambda reads queues itself, and a line is only written. */
const WITHOUT_COMMAND: ReadonlySet<Use['kind']> = new Set(['receive', 'delete', 'log'])

export interface Tally {
  /** Units that are billed, by the lines of the bill. */
  billed: Counters
  /** What is of interest beside them. */
  counts: Counters
  /** Write units by table or index and partition key, e.g. `swept due.7`. */
  partitions: Counters
  /** The writes to indexes, in their order. */
  writes: { atMs: number; index: string; units: number }[]
}

export interface CountingMeter extends Meter, Tally {
  /** @throws {Error} where a command was received that was not priced, or the other way round */
  check(): void
}

type Keys = Pick<Template, 'indexes' | 'tableKeys'>
type Count = Keys & { nowMs: () => number }

/** Counts all that is used by the rules of AWS. */
export function createMeter({ indexes, tableKeys }: Keys, nowMs: () => number): CountingMeter {
  const tally: Tally = { billed: {}, counts: {}, partitions: {}, writes: [] }
  let [received, priced] = [0, 0]
  let unknown: string | undefined
  return {
    ...tally,
    received: (command) => {
      received++
      if (KNOWN_COMMANDS.has(command)) return
      // A handler may survive an error: the count does not.
      unknown = `nobody knows the price of ${command}`
      throw new Error(unknown)
    },
    used: (use) => {
      if (!WITHOUT_COMMAND.has(use.kind)) priced++
      const count = COUNTS[use.kind] as (use: Use, tally: Tally, by: Count) => void // of the same kind
      count(use, tally, { indexes, tableKeys, nowMs })
    },
    check: () => {
      if (unknown !== undefined) throw new Error(unknown)
      if (received !== priced) throw new Error(`of ${received} commands ${priced} were priced`)
    },
  }
}

type Of<Kind extends Use['kind']> = Extract<Use, { kind: Kind }>

const COUNTS: { [Kind in Use['kind']]: (use: Of<Kind>, tally: Tally, by: Count) => void } = {
  get: got,
  query: queried,
  write: written,
  send: ({ bodies }, { billed }) => add(billed, 'SQS', chunks(bytesOf(bodies))),
  receive: ({ bodies }, { billed }) => add(billed, 'SQS', chunks(bytesOf(bodies))),
  delete: ({ messages }, { billed }) => add(billed, 'SQS', Math.ceil(messages / MAX_BATCH)),
  publish: (use, { billed }) => add(billed, 'SNS', chunks(publishedBytes(use))),
  secret: (_, { billed }) => add(billed, 'secrets', 1),
  log: (use, { billed }) => add(billed, 'logs', ownLineBytes(use) / BYTES_A_KB),
}

/** A batch is billed item by item. */
function got({ items, isConsistent }: Of<'get'>, { billed, counts }: Tally): void {
  for (const item of items) add(billed, 'table reads', readUnits(item ? itemBytes(item) : 0, { isConsistent }))
  add(counts, 'table reads', 1)
}

/** All entries that are read are billed as one. */
function queried({ index, items }: Of<'query'>, { billed, counts }: Tally, { indexes, tableKeys }: Keys): void {
  const settings = indexes.get(index)
  const entries = items.map((item) => (settings ? entryOf(settings, tableKeys, item) : item) ?? {})
  const bytes = entries.reduce((sum, entry) => sum + itemBytes(entry), 0)
  add(billed, 'table reads', readUnits(bytes, { isConsistent: false }))
  add(counts, 'table reads', 1)
}

/**
 * The larger of the two items counts. A condition that fails costs the size of the item that is there, and no index.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html
 */
function written({ before, after, isRefused }: Of<'write'>, tally: Tally, { indexes, tableKeys, nowMs }: Count): void {
  const [id = ''] = tableKeys.map((name) => String((after ?? before)?.[name]))
  const bytes = [before, isRefused ? undefined : after].map((item) => (item ? itemBytes(item) : 0))
  addWrite(tally, 'table', { partition: id, units: writeUnits(Math.max(...bytes)) })
  add(tally.counts, 'table writes', 1)
  add(tally.counts, 'refused writes', isRefused ? 1 : 0)
  for (const [name, index] of isRefused ? [] : indexes) {
    for (const write of indexWrites(index, tableKeys, { before, after })) {
      addWrite(tally, name, write)
      tally.writes.push({ atMs: nowMs(), index: name, units: write.units })
    }
  }
}

function addWrite(
  { billed, partitions }: Tally,
  where: string,
  { partition, units }: { partition: string; units: number },
): void {
  add(billed, where === 'table' ? 'table writes' : `index ${where}`, units)
  add(partitions, `${where} ${partition}`, units)
}

/** Lambda deletes so many messages by one request. */
const MAX_BATCH = 10

export const BYTES_A_KB = 1024

/** CloudWatch and DynamoDB bill by GiB. */
export const BYTES_A_GB = BYTES_A_KB ** 3

function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + textBytes(text), 0)
}

function publishedBytes({ message, attributes }: Of<'publish'>): number {
  const named = Object.entries(attributes).flatMap(([name, { DataType, StringValue }]) => [name, DataType, StringValue])
  return bytesOf([message, ...named])
}
