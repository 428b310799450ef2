import { type LocalQueue, MAX_RECEIVES, type QueuedMessage } from '../../../../lib/local/sqlite/queue.ts'
import { world } from '../current.ts'
import { runIdsIn } from '../queues.ts'
import { note } from '../request.ts'
import type { Hands } from './hands.ts'
import type { Uses } from './ports.ts'
import type { Raw } from './watch.ts'

interface Seeing extends Pick<Uses, 'use'> {
  hands: Hands
  raw: () => Raw | undefined
  /** More messages wait than may be in hand. */
  onCrowd: () => void
}

/** The queues as those see them who read them. */
export function seenQueue(it: LocalQueue, { use, hands, raw, onCrowd }: Seeing): LocalQueue {
  const receive = async (...[queue, options]: Parameters<LocalQueue['receive']>): Promise<QueuedMessage[]> => {
    const { max, nowMs, visibilityMs } = options
    const toDie = queue.endsWith('-dead-letters') ? [] : wornOut(raw(), queue, nowMs)
    const messages = await it.receive(queue, options).finally(() => tellBuried(raw(), queue, toDie))
    for (const message of messages) hands.received(queue, message, nowMs, nowMs + visibilityMs)
    if (messages.length === max && isWaiting(raw(), queue, nowMs)) onCrowd()
    return messages
  }
  return {
    ...it,
    receive: (...asked) => use(`receives of ${asked[0]}`, () => receive(...asked)),
    remove: (ids) =>
      use(`removes ${ids}`, async () => {
        await it.remove(ids)
        for (const id of ids) hands.removed(id)
      }),
    releaseAll: (nowMs) =>
      use('releases all', async () => {
        await it.releaseAll(nowMs)
        hands.empty()
      }),
  }
}

type Body = { id: string; body: string }

/** What has been received so often that it will be given up. */
function wornOut(raw: Raw | undefined, queue: string, nowMs: number): Body[] {
  const sql = 'SELECT id, body FROM messages WHERE queue = ? AND visible_at <= ? AND receive_count >= ?'
  return (raw?.all(sql, queue, nowMs, MAX_RECEIVES) ?? []) as Body[] // of these columns
}

/** What is not there any more was given up: it must be kept, and told. */
function tellBuried(raw: Raw | undefined, queue: string, some: readonly Body[]): void {
  for (const { id, body } of some) {
    const isStill = raw?.get('SELECT 1 FROM messages WHERE id = ? AND queue = ?', id, queue)
    if (isStill) continue
    note(`${body} came too often, and goes to the dead letters`, runIdsIn(body))
    world().witness.deadLetters(body, runIdsIn(body))
  }
}

function isWaiting(raw: Raw | undefined, queue: string, nowMs: number): boolean {
  return raw?.get('SELECT 1 FROM messages WHERE queue = ? AND visible_at <= ? LIMIT 1', queue, nowMs) !== undefined
}
