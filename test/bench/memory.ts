import { startChild } from './child.ts'
import { line, type Measured } from './measure.ts'
import type { Heap } from './memory-rounds.ts'
import { withPlace } from './place.ts'

const EARLY = 20_000
const LATE = 100_000

/** More than what the collector leaves lying about. */
const GROWTH_MB = 2

export async function memory(): Promise<Measured> {
  return withPlace(async ({ origins }) => {
    const child = startChild<{ calls: number }, Heap>('./memory-rounds.ts', [origins.http], { flags: ['--expose-gc'] })
    try {
      const early = await child.ask({ calls: EARLY })
      const late = await child.ask({ calls: LATE - EARLY })
      const grownMb = late.heapMb - early.heapMb
      const verdict = grownMb > GROWTH_MB ? 'it GREW' : 'it did not grow'
      return {
        heading: 'memory: calls of ours over http, 64 in flight, after garbage collection',
        lines: [
          `${line(`heap after ${EARLY} calls`, early.heapMb, 'MB', 2)}   (process ${early.rssMb.toFixed(0)} MB)`,
          `${line(`heap after ${LATE} calls`, late.heapMb, 'MB', 2)}   (process ${late.rssMb.toFixed(0)} MB)`,
          `${verdict}: ${grownMb.toFixed(2)} MB more, allowed ${GROWTH_MB} MB`,
        ],
        ratios: [],
      }
    } finally {
      child.stop()
    }
  })
}
