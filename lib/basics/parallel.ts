/** What became of work on many items. */
export interface WorkResult<Item, Value> {
  /** Results, in the order of their items; those that failed are left out. */
  values: Value[]
  failures: unknown[]
  /** Items for which no work was begun. */
  left: Item[]
}

interface Bounds {
  /** Items that are worked on at a time; all of them unless given. */
  atOnce?: number
  /** Asked before each part but the first. */
  mayGoOn?: (failures: readonly unknown[]) => boolean
}

/**
 * Works on all items, a part at a time, also where some fail. It waits for what it began: nothing goes on behind an answer,
 * where a Lambda function would be frozen.
 */
export async function inParallel<Item, Value>(
  items: readonly Item[],
  work: (item: Item) => Promise<Value>,
  { atOnce = items.length, mayGoOn = () => true }: Bounds = {},
): Promise<WorkResult<Item, Value>> {
  const worked: WorkResult<Item, Value> = { values: [], failures: [], left: [] }
  for (const [index, part] of partsOf(items, atOnce).entries()) {
    if (worked.left.length > 0 || (index > 0 && !mayGoOn(worked.failures))) {
      worked.left.push(...part)
      continue
    }
    for (const one of await Promise.allSettled(part.map(work))) {
      if (one.status === 'fulfilled') worked.values.push(one.value)
      else worked.failures.push(one.reason)
    }
  }
  return worked
}

/** Items in parts of at most `size`. */
export function partsOf<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / Math.max(1, size))
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size))
}

/** @throws the one failure, or an {@link AggregateError} that names each; nothing where there is none */
export function throwFailures(failures: readonly unknown[]): void {
  if (failures.length === 0) return
  if (failures.length === 1) throw failures[0]
  const messages = new Set(failures.map((one) => (one instanceof Error ? one.message : String(one))))
  throw new AggregateError(failures, `${failures.length} failed: ${[...messages].join('; ')}`)
}
