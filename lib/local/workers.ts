import type { Delivered } from '../dead-letters/take.ts'
import type { Log } from '../runs/ports.ts'
import type { LocalQueue, LocalQueueName, ReceivedMessage } from './sqlite/queue.ts'
import type { Time } from './time.ts'

/** Who handles the messages of a queue. */
export interface Reader {
  queue: LocalQueueName
  /** So many messages at once. */
  atOnce: number
  /** Of one message, from when it is received. */
  timeoutMs: number
  /** What is not handled by then is received again. Longer than the time-out. */
  visibilityMs: number
  /** A message for which it fails comes back. @param deadlineAtMs epoch ms */
  handle(delivered: Delivered, deadlineAtMs: number): Promise<void>
}

export interface Workers {
  /** Something was sent to a queue. */
  wake(queue: LocalQueueName): void
  /** No message is begun any more. Resolves when those in hand are done. */
  stop(): Promise<void>
}

interface Parts {
  queue: LocalQueue
  time: Time
  log: Log
}

/** Kept back from the time-out, so that what was begun is written down within it. */
const MARGIN_MS = 3_000

/** A clock that was set on makes messages due that a timer does not know of. */
const LOOK_MS = 15_000

/** The database cannot be read for a moment. */
const FAILED_MS = 1_000

/** Reads all queues, each on its own: it sleeps until the next message is due, or one is sent. */
export function startWorkers(readers: readonly Reader[], parts: Parts): Workers {
  const started = new Map(readers.map((reader) => [reader.queue, startReader(reader, parts)]))
  return {
    wake: (queue) => started.get(queue)?.wake(),
    stop: async () => {
      await Promise.all([...started.values()].map(({ stop }) => stop()))
    },
  }
}

function startReader(reader: Reader, { queue, time, log }: Parts): { wake(): void; stop(): Promise<void> } {
  const { queue: name, atOnce, visibilityMs } = reader
  const inHand = new Set<Promise<void>>()
  let isStopped = false
  let nap = new AbortController()

  const begin = (message: ReceivedMessage): void => {
    const work = handled(reader, message, { queue, time, log }).finally(() => {
      inHand.delete(work)
      nap.abort()
    })
    inHand.add(work)
  }

  /** @returns for how long there is nothing to do (ms) */
  const turn = async (): Promise<number> => {
    const free = atOnce - inHand.size
    if (free === 0) return LOOK_MS
    const nextMs = await queue.nextAt(name)
    const nowMs = time.clock()
    if (nextMs === undefined || nextMs > nowMs) return Math.min(LOOK_MS, (nextMs ?? Number.POSITIVE_INFINITY) - nowMs)
    for (const message of await queue.receive(name, { max: free, nowMs, visibilityMs })) begin(message)
    return 0
  }

  const run = async (): Promise<void> => {
    while (!isStopped) {
      nap = new AbortController()
      const { signal } = nap
      const idleMs = await turn().catch((error: unknown) => {
        log('error', 'queue cannot be read', { queue: name, error: String(error) })
        return FAILED_MS
      })
      if (idleMs > 0 && !isStopped) await time.sleep(idleMs, signal)
    }
    await Promise.all(inHand)
  }

  const running = run()
  return {
    wake: () => nap.abort(),
    stop: () => {
      isStopped = true
      nap.abort()
      return running
    },
  }
}

/** It never fails: a message for which something did is back at its visibility time-out. */
async function handled(reader: Reader, message: ReceivedMessage, { queue, time, log }: Parts): Promise<void> {
  const { id, body, receives } = message
  try {
    const deadlineAtMs = time.clock() + reader.timeoutMs - MARGIN_MS
    await reader.handle({ messageId: id, queue: reader.queue, body }, deadlineAtMs)
    await queue.remove([id])
  } catch (error) {
    log('error', 'message failed', { messageId: id, queue: reader.queue, receives, error: String(error) })
  }
}
