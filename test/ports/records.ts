import type { DeadLetter } from '../../lib/runs/dead-letter.ts'
import type { Delivery, Result } from '../../lib/runs/delivery.ts'
import type { Run } from '../../lib/runs/run.ts'
import { createWorld } from '../world/world.ts'

/** Records for the tests of stores. */

export const NOW = Date.parse('2026-01-01T00:00:00Z')

/** @param ms after `NOW` */
export const at = (ms: number): string => new Date(NOW + ms).toISOString()

/** A run that is due 30 s after it was made. @param ms when, after `NOW` */
export async function newRun(key: string, ms = 0): Promise<Run> {
  const run = await createWorld().accept({ idempotencyKey: key })
  return { ...run, createdAt: at(ms), dueAt: at(ms + 30_000) }
}

export function newDeadLetter(messageId: string, ms = 0): DeadLetter {
  return { messageId, from: 'polls', queue: 'PollsDeadLetters', body: '{"v":9}', at: at(ms) }
}

export function newDelivery(id: string, results: Result[] = [], ms = 0, source = 'github'): Delivery {
  return { id, kind: 'delivery', source, createdAt: at(ms), results, raw: '{}', expiresAtSeconds: NOW / 1000 + 1 }
}

/** Everything of all pages, in order. */
export async function allPages<Item>(
  read: (cursor: string | undefined) => Promise<{ items: Item[]; cursor?: string }>,
): Promise<Item[]> {
  const all: Item[] = []
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    all.push(...page.items)
    cursor = page.cursor
  } while (cursor)
  return all
}
