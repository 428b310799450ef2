import type { Delivered } from '../dead-letters/take.ts'
import type { Log } from '../runs/ports.ts'
import type { LocalQueue, LocalQueueName, QueuedMessage } from './sqlite/queue.ts'
import type { Time } from './time.ts'

/** Handles the messages of one queue. */
export interface Reader {
  queue: LocalQueueName
  /** Messages handled at once. */
  atOnce: number
  /** For one message, from when it is received. */
  timeoutMs: number
  /** A message not handled by then is received again. Longer than the time-out. */
  visibilityMs: number
  /** A message whose handling rejects is received again. @param deadlineAtMs epoch ms */
  handle(delivered: Delivered, deadlineAtMs: number): Promise<void>
}

export interface Workers {
  /** Call it when a message was sent to a queue. */
  wake(queue: LocalQueueName): void
  /** Begins no further message. Resolves when the begun ones are handled. */
  stop(): Promise<void>
}

interface Parts {
  queue: LocalQueue
  time: Time
  log: Log
}

/** Kept back from the time-out, to record what was begun. */
const MARGIN_MS = 3_000

/** A clock that is set forward makes messages due that a timer does not know of. */
const MAX_SLEEP_MS = 15_000

/** Before the database is read again after an error. */
const RETRY_MS = 1_000

/** Reads each queue on its own: sleeps until the next message is due or one is sent. */
export function startWorkers(readers: readonly Reader[], parts: Parts): Workers {
  const started = new Map(readers.map((reader) => [reader.queue, startReader(reader, parts)]))
  return {
    wake: (queue) => started.get(queue)?.wake(),
    stop: async () => {
      await Promise.all([...started.values()].map(({ stop }) => stop()))
    },
  }
}

function startReader(reader: Reader, parts: Parts): { wake(): void; stop(): Promise<void> } {
  const inProgress = new Set<Promise<void>>()
  let isStopped = false
  let sleeping = new AbortController()

  const begin = (message: QueuedMessage): void => {
    const work = handled(reader, message, parts).finally(() => {
      inProgress.delete(work)
      sleeping.abort()
    })
    inProgress.add(work)
  }

  const run = async (): Promise<void> => {
    while (!isStopped) {
      sleeping = new AbortController()
      const { signal } = sleeping
      const { messages, idleMs } = await receive(reader, reader.atOnce - inProgress.size, parts)
      for (const message of messages) begin(message)
      if (idleMs > 0 && !isStopped) await parts.time.sleep(idleMs, signal)
    }
    await Promise.all(inProgress)
  }

  const running = run()
  return {
    wake: () => sleeping.abort(),
    stop: () => {
      isStopped = true
      sleeping.abort()
      return running
    },
  }
}

/** Takes up to `max` messages that are due. `idleMs`: how long there is nothing to do. Never rejects. */
async function receive(
  { queue: name, visibilityMs }: Reader,
  max: number,
  { queue, time, log }: Parts,
): Promise<{ messages: QueuedMessage[]; idleMs: number }> {
  if (max === 0) return { messages: [], idleMs: MAX_SLEEP_MS }
  try {
    const nextMs = (await queue.nextAt(name)) ?? Number.POSITIVE_INFINITY
    const nowMs = time.clock()
    if (nextMs > nowMs) return { messages: [], idleMs: Math.min(MAX_SLEEP_MS, nextMs - nowMs) }
    return { messages: await queue.receive(name, { max, nowMs, visibilityMs }), idleMs: 0 }
  } catch (error) {
    log('error', 'queue cannot be read', { queue: name, error: String(error) })
    return { messages: [], idleMs: RETRY_MS }
  }
}

/** Never rejects: a message whose handling failed comes back at its visibility time-out. */
async function handled(reader: Reader, message: QueuedMessage, { queue, time, log }: Parts): Promise<void> {
  const { id, body, receives } = message
  try {
    const deadlineAtMs = time.clock() + reader.timeoutMs - MARGIN_MS
    await reader.handle({ messageId: id, queue: reader.queue, body }, deadlineAtMs)
    await queue.remove([id])
  } catch (error) {
    log('error', 'message failed', { messageId: id, queue: reader.queue, receives, error: String(error) })
  }
}
