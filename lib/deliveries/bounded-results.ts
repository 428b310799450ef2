import type { Result } from '../runs/delivery.ts'

/** The bounds of one delivery, in its answer and in its record: an item of the table has 400 KB, and nobody reads more. */
const MAX_RESULTS = 100
const MAX_BYTES = 48 * 1024

/**
 * The results of a delivery, bounded: equal ones are counted, runs and refusals come before those ignored, and a last result
 * counts those left out. If all fit, they stay as they are.
 */
export function boundedResults(results: Result[], subject: string): Result[] {
  if (results.length <= MAX_RESULTS && bytesOf(results) <= MAX_BYTES) return results
  const counted = withEqualCounted(results).toSorted((a, b) => rank(a) - rank(b))
  let bytes = 0
  const fits = counted.findIndex((result, index) => {
    bytes += bytesOf(result)
    return index >= MAX_RESULTS || bytes > MAX_BYTES
  })
  if (fits < 0) return counted
  const leftOut = counted.slice(fits)
  const times = leftOut.reduce((sum, one) => sum + (one.times ?? 1), 0)
  const refused = leftOut.filter(({ refused }) => refused !== undefined).length
  const runs = leftOut.flatMap((one) => one.runs ?? []).length
  const ignored = `${times} more results are not listed: ${runs} runs, and ${refused} refused requests among them`
  return [...counted.slice(0, fits), { subject, ignored }]
}

function withEqualCounted(results: Result[]): Result[] {
  const equal = Map.groupBy(results, (result) => JSON.stringify(result))
  return [...equal.values()].flatMap(([first, ...more]) =>
    first ? [more.length > 0 ? { ...first, times: more.length + 1 } : first] : [],
  )
}

function rank({ runs, refused, handedOn }: Result): number {
  if (handedOn !== undefined) return 0
  if (runs !== undefined) return 1
  return refused !== undefined ? 2 : 3
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
