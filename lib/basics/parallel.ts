/** Results of work on many items. */
export interface WorkResult<Item, Value> {
  /** Values in the order of their items; failed items are left out. */
  values: Value[]
  failures: unknown[]
  /** Items whose work was not begun. */
  left: Item[]
}

interface Bounds {
  /** Items per part; all of them unless given. */
  atOnce?: number
  /** Called before each part but the first; `false` leaves the rest. */
  mayGoOn?: (failures: readonly unknown[]) => boolean
}

/**
 * Works on all items, part after part, even if some fail. It waits for all work that it began: a Lambda function freezes after its
 * answer.
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
    for (const one of await Promise.allSettled(part.map(async (item) => work(item)))) {
      if (one.status === 'fulfilled') worked.values.push(one.value)
      else worked.failures.push(one.reason)
    }
  }
  return worked
}

/** For work that is of no use unless all of it succeeds: no part is begun after a failure. */
export function noFailure(failures: readonly unknown[]): boolean {
  return failures.length === 0
}

/** Splits items into parts of at most `size`. */
export function partsOf<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / Math.max(1, size))
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size))
}

/** @throws the single failure, or an {@link AggregateError} that names each; returns if there is none */
export function throwFailures(failures: readonly unknown[]): void {
  if (failures.length === 0) return
  if (failures.length === 1) throw failures[0]
  const messages = new Set(failures.map((one) => (one instanceof Error ? one.message : String(one))))
  throw new AggregateError(failures, `${failures.length} failed: ${[...messages].join('; ')}`)
}
