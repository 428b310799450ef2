import type { RecordPorts } from './ports.ts'
import type { Run } from './run.ts'
import { plusMs } from './schedule.ts'

/** Runs that are read at once; their messages are sent ten by ten. */
const PAGE = 200

/** One invocation has other work to do. What is left is woken by the sweeper. */
const WAKE_MS = 5_000

/** A run whose messages were lost for a while may join one that was requested after it. Older ones find the end by their own look. */
export const REQUESTED_BEFORE_MS = 30 * 60_000

/** The sweeper tries so often. Those that are left then find the end by their own look. */
const MAX_REPEATS = 3

/**
 * Sends each run that joined one that has ended its message at once. It may be repeated: those that have heard are not attached
 * any more, and of two messages one is dropped. A run whose joining no list shows yet is missed, and looks soon by itself.
 * @throws where some are left, unless that was repeated often
 */
export async function wakeJoined(ports: RecordPorts, leader: Run): Promise<void> {
  if (!leader.isJoined) return
  try {
    await wakeAll(ports, leader)
  } catch (error) {
    if ((leader.rearms ?? 0) < MAX_REPEATS) throw error
    ports.log('error', 'joined runs not woken', { runId: leader.id, error: String(error) })
  }
}

async function wakeAll({ store, queue, clock }: RecordPorts, leader: Run): Promise<void> {
  const untilMs = clock() + WAKE_MS
  const since = plusMs(leader.createdAt, -REQUESTED_BEFORE_MS)
  const filter = { state: ['attached'] as const, resource: [leader.resource], since, limit: PAGE }
  let unsent = 0
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
    if (clock() >= untilMs) throw new Error(`no time to wake all runs that joined run ${leader.id}`)
    const page = await store.list({ ...filter, cursor })
    cursor = page.cursor
    const joined = page.runs.filter(({ attachedTo }) => attachedTo === leader.id)
    const messages = joined.map(({ id, step }) => ({ v: 1 as const, runId: id, step }))
    if (messages.length > 0) unsent += (await queue.sendAll('polls', messages)).length
  }
  if (unsent > 0) throw new Error(`${unsent} runs that joined run ${leader.id} not woken`)
}
