import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seeded } from '../../../chance.ts'
import { sampleOf } from '../../../sources/sample.ts'

const DAY_MS = 86_400_000
const MONTH_START_MS = Date.parse('2026-10-01T00:00:00Z')

interface Month {
  days: number
  caches: number
  /** Troubles of each cache and day, on average. Each fires, may flap for a while, and is resolved. */
  troublesPerDay: number
  seed: number
}

const idOf = (index: number): string => `2e803f66-fbb0-47ad-b6cb-${String(index).padStart(12, '0')}`

/** Events of EventBridge as JSON lines, one file a day, in `<folder>/cloudwatch`. @returns the number of events */
export function writeMonth(folder: string, { days, caches, troublesPerDay, seed }: Month): number {
  const random = seeded(seed)
  mkdirSync(join(folder, 'cloudwatch'), { recursive: true })
  let count = 0
  for (let day = 0; day < days; day++) {
    const lines: { atMs: number; text: string }[] = []
    for (let cache = 0; cache < caches; cache++) {
      if (random() >= troublesPerDay) continue
      const startMs = MONTH_START_MS + day * DAY_MS + Math.floor(random() * DAY_MS * 0.8)
      const flaps = 1 + Math.floor(random() * 4)
      for (let flap = 0; flap < flaps; flap++) {
        const atMs = startMs + flap * 20 * 60_000
        lines.push({ atMs, text: eventText(cache, atMs, 'ALARM') })
        lines.push({ atMs: atMs + 9 * 60_000, text: eventText(cache, atMs + 9 * 60_000, 'OK') })
      }
    }
    const name = new Date(MONTH_START_MS + day * DAY_MS).toISOString().slice(0, 10)
    writeFileSync(join(folder, 'cloudwatch', `${name}.jsonl`), lines.map(({ text }) => `${text}\n`).join(''))
    count += lines.length
  }
  return count
}

function eventText(cache: number, atMs: number, value: 'ALARM' | 'OK'): string {
  const event = structuredClone(sampleOf('cloudwatch', 'redis-unresponsive'))
  const at = new Date(atMs).toISOString()
  const text = JSON.stringify({
    ...event,
    time: at,
    detail: { ...event.detail, state: { ...event.detail.state, value, timestamp: at } },
  })
  return text
    .replaceAll('2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef', idOf(cache))
    .replaceAll('redis-orders-unresponsive', `redis-${cache}-unresponsive`)
    .replaceAll(/2026-11-\d\dT[^"\\]*/g, at)
}
