import { partIds } from '../../../lib/aws/store/parts.ts'
import { recordOf } from '../../../lib/aws/store/run-item.ts'
import { acting, type Scope, world } from './current.ts'
import { expression, type Item } from './expressions.ts'
import { refusal } from './queues.ts'
import { asOfNextRelease, dropped } from './releases.ts'
import { note, request } from './request.ts'
import type { IndexSettings } from './template.ts'

/** The inputs of the document client's commands, as far as a store uses them. */
export interface CommandInput {
  Key?: { id: string }
  Item?: Item & { id: string }
  ConsistentRead?: boolean
  ConditionExpression?: string
  KeyConditionExpression?: string
  FilterExpression?: string
  ExpressionAttributeNames?: Record<string, string>
  ExpressionAttributeValues?: Record<string, unknown>
  IndexName?: string
  Limit?: number
  ScanIndexForward?: boolean
  ExclusiveStartKey?: Item
  /** Of one table. */
  RequestItems?: Record<string, { Keys: { id: string }[]; ConsistentRead?: boolean }>
}

export type Operation = 'get' | 'batch-get' | 'put' | 'delete' | 'query'

export interface Table {
  send(operation: Operation, input: CommandInput): Promise<object>
  /** What is true now, for those who judge. */
  item(id: string): Item | undefined
  items(): Item[]
  /** Items of an earlier world. */
  bring(items: readonly (Item & { id: string })[]): void
  /** In the form in which they are stored. */
  stored(): Item[]
  /** The time of some records is over: they are gone. */
  expire(isGone: (item: Item) => boolean): void
  /** Whether what the indexes show of an item is not what is stored. */
  lags(id: string): boolean
  counts: { reads: number; writes: number; refused: number }
}

/** Thrown where a condition does not hold; the double of the SDK makes it its own error. */
export class ConditionFailed extends Error {
  override readonly name = 'ConditionalCheckFailedException'
}

interface Stored {
  item: Item
  /** What was there before, for those who read without asking for the newest. */
  before: Item | undefined
  writtenAt: number
}

interface Entry {
  id: string
  item: Item | undefined
  at: number
}

interface Lag {
  lagMs: (id: string) => number
  staleMs: (id: string) => number
  isMissing: (id: string) => boolean
}

/**
 * One DynamoDB table with its indexes: conditional writes that are atomic, reads that are consistent where that is asked
 * for, and indexes that lag behind.
 * @param lagMs how long a write takes to reach reads that do not ask for the newest; and the indexes, with `staleMs` on top
 * @param isMissing whether the indexes show nothing of an item until then
 */
export function createTable(
  indexes: ReadonlyMap<string, IndexSettings>,
  { lagMs, staleMs, isMissing }: Lag,
  written: (before: Item | undefined, after: Item | undefined, by: Scope) => void,
): Table {
  const stored = new Map<string, Stored>()
  /** What the indexes show, and what is on its way to them. */
  const shown = new Map<string, Item>()
  const underway: Entry[] = []
  const arrivals = new Map<string, number>()
  const records = new WeakMap<Item, Item>()

  /** A run as its store reads it: that form is all that judges know. */
  const asRead = (item: Item): Item => {
    if (item.kind !== 'run') return item
    const known = records.get(item)
    if (known) return known
    const parts = partIds(item).map((id) => {
      const part = stored.get(id)?.item
      if (!part) world().witness.broken('what lies beside a run is there before it', id, String(item.id))
      const { id: _, kind, expiresAtSeconds, ...fields } = part ?? { source: { kind: item.sourceKind } }
      return fields
    })
    const { beside, ...record } = recordOf(item, parts)
    records.set(item, record)
    return record
  }

  const write = (id: string, item: Item | undefined, by: Scope): void => {
    const now = world().clock.now()
    const before = stored.get(id)?.item
    if (item) stored.set(id, { item, before, writtenAt: now })
    else stored.delete(id)
    // Of one item, an older write never overtakes a newer one.
    const at = Math.max(now + lagMs(id) + staleMs(id), arrivals.get(id) ?? 0)
    arrivals.set(id, at)
    // The old entry may be gone before the new one is there.
    if (isMissing(id)) underway.push({ id, item: undefined, at: now })
    underway.push({ id, item, at })
    written(before && asRead(before), item && asRead(item), by)
  }

  const refresh = (): void => {
    const now = world().clock.now()
    let left = 0
    for (const entry of underway) {
      if (entry.at > now) underway[left++] = entry
      else if (entry.item) shown.set(entry.id, entry.item)
      else shown.delete(entry.id)
    }
    underway.length = left
  }

  const newestOf = (Key: CommandInput['Key'], ConsistentRead: boolean | undefined): Item | undefined => {
    const found = stored.get(Key?.id ?? '')
    const stale = found && !ConsistentRead && world().clock.now() - found.writtenAt < lagMs(Key?.id ?? '')
    return stale ? found.before : found?.item
  }

  const read = ({ Key, ConsistentRead }: CommandInput): object => {
    table.counts.reads++
    if (world().log) note(`reads ${Key?.id}`, [Key?.id ?? ''])
    const item = newestOf(Key, ConsistentRead)
    world().meter?.used({ kind: 'get', items: [item], isConsistent: ConsistentRead === true })
    return item ? { Item: item } : {}
  }

  /** What of many items is there. Of all that is asked for at once, nothing is left out. */
  const readMany = ({ RequestItems = {} }: CommandInput): object => {
    table.counts.reads++
    const [[name, { Keys, ConsistentRead = false }] = ['', { Keys: [] }]] = Object.entries(RequestItems)
    if (Keys.length < 1 || Keys.length > 100) throw refusal(`ValidationException: ${Keys.length} keys in a batch`)
    const items = Keys.map((Key) => newestOf(Key, ConsistentRead))
    world().meter?.used({ kind: 'get', items, isConsistent: ConsistentRead })
    return { Responses: { [name]: items.filter((item) => item !== undefined) }, UnprocessedKeys: {} }
  }

  const change = (input: CommandInput, by: Scope): object => {
    table.counts.writes++
    const id = input.Item?.id ?? input.Key?.id ?? ''
    const before = stored.get(id)?.item
    if (input.ConditionExpression && !conditionOf(input)(before)) {
      world().meter?.used({ kind: 'write', before, after: undefined, isRefused: true })
      table.counts.refused++
      note(`condition fails: ${input.ConditionExpression} on ${id}`, [id])
      throw new ConditionFailed('The conditional request failed')
    }
    const own = input.Item && (copy(input.Item) as Item)
    const item = own && by.worker.isNext ? asOfNextRelease(own, table.counts.writes) : own
    const lost = item ? dropped(before && asRead(before), asRead(item)) : []
    if (lost.length > 0) world().witness.forgot(id, lost)
    world().meter?.used({ kind: 'write', before, after: item, isRefused: false })
    write(id, item, by)
    if (world().log) note(input.Item ? `writes ${shownOf(input.Item)}` : `deletes ${id}`, [id])
    return {}
  }

  const query = (input: CommandInput): object => {
    table.counts.reads++
    if (input.ConsistentRead) throw refusal('ValidationException: consistent reads are not supported on indexes')
    const index = indexes.get(input.IndexName ?? '')
    if (!index?.range) throw refusal(`ValidationException: there is no index ${input.IndexName}`)
    refresh()
    return page(input, index.range, index, [...shown.values()])
  }

  const table: Table = {
    send: (operation, input) => {
      const by = acting()
      const does = {
        get: read,
        'batch-get': readMany,
        put: (it: CommandInput) => change(it, by),
        delete: (it: CommandInput) => change(it, by),
        query,
      }
      const id = input.Item?.id ?? input.Key?.id ?? ''
      return request('table', `${operation} ${id || input.IndexName}`, () => does[operation](input))
    },
    item: (id) => {
      const item = stored.get(id)?.item
      return item && asRead(item)
    },
    items: () => Array.from(stored.values(), ({ item }) => asRead(item)),
    stored: () => Array.from(stored.values(), ({ item }) => item),
    bring: (items) => {
      for (const item of items) stored.set(item.id, { item, before: undefined, writtenAt: Number.NEGATIVE_INFINITY })
    },
    expire: (isGone) => {
      for (const [id, { item }] of stored) if (isGone(item) && stored.delete(id)) shown.delete(id)
    },
    lags: (id) => (arrivals.get(id) ?? 0) > world().clock.now(),
    counts: { reads: 0, writes: 0, refused: 0 },
  }
  return table
}

function page(input: CommandInput, range: string, index: IndexSettings, all: Item[]): object {
  const isKey = boundIn(input, input.KeyConditionExpression ?? '')
  const fits = input.FilterExpression ? boundIn(input, input.FilterExpression) : () => true
  checkUses(input, [input.KeyConditionExpression ?? '', input.FilterExpression ?? ''])
  const sign = input.ScanIndexForward === false ? -1 : 1
  // The order within a sort key is not documented: nobody may rely on that of the ids.
  const scrambled = ({ id }: Item): string => [...String(id)].reverse().join('')
  const order = (a: Item, b: Item): number =>
    sign * (compare(a[range], b[range]) || compare(scrambled(a), scrambled(b)))
  const inOrder = all.filter((item) => item[range] !== undefined && isKey(item)).sort(order)
  const from = input.ExclusiveStartKey
  const rest = from ? inOrder.filter((item) => order(from, item) < 0) : inOrder
  const read = rest.slice(0, input.Limit)
  const last = read.at(-1)
  world().meter?.used({ kind: 'query', index: input.IndexName ?? '', items: read })
  const keyOf = (item: Item): Item => ({ id: item.id, [index.hash]: item[index.hash], [range]: item[range] })
  const { projected } = index
  const entryOf = (item: Item): Item =>
    projected === 'all'
      ? item
      : { ...keyOf(item), ...Object.fromEntries(Object.entries(item).filter(([name]) => projected.includes(name))) }
  return {
    Items: read.map(entryOf).filter(fits),
    ...(last && read.length < rest.length ? { LastEvaluatedKey: keyOf(last) } : {}),
  }
}

function compare(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0
}

function conditionOf(input: CommandInput): (item: Item | undefined) => boolean {
  const text = input.ConditionExpression ?? ''
  checkUses(input, [text])
  return boundIn(input, text)
}

function boundIn(input: CommandInput, text: string): (item: Item | undefined) => boolean {
  const { holds } = expression(text)
  const bound = { names: input.ExpressionAttributeNames ?? {}, values: input.ExpressionAttributeValues ?? {} }
  return (item) => holds(item, bound)
}

/** As DynamoDB does, refuses names and values that no expression uses. */
function checkUses(input: CommandInput, texts: string[]): void {
  const used = new Set(texts.filter(Boolean).flatMap((text) => expression(text).uses.flatMap((use) => use.split('.'))))
  const given = Object.keys({ ...input.ExpressionAttributeNames, ...input.ExpressionAttributeValues })
  const unused = given.find((name) => !used.has(name))
  if (unused) throw refusal(`ValidationException: ${unused} is not used in any expression`)
}

/** An item in one line, for the log. */
export function shownOf({
  id,
  state,
  step,
  version,
  nextAt,
  outcome,
  holder,
  until,
  waiting,
  atRestSince,
}: Item): string {
  const what =
    state === undefined ? { version, holder, until, waiting, atRestSince } : { state, step, version, nextAt, outcome }
  return `${id} ${JSON.stringify(what)}`
}

/** What DynamoDB would give back, always the same: undefined is dropped, and what it cannot keep is refused. */
function copy(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return Object.freeze(value.map(copy))
  if (typeof value !== 'object' || ![Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    throw refusal(`ValidationException: ${typeof value} cannot be stored`)
  }
  const made: Record<string, unknown> = {}
  for (const key in value) {
    const one = (value as Record<string, unknown>)[key]
    if (one !== undefined) made[key] = copy(one)
  }
  return Object.freeze(made)
}
