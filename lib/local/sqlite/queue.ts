import { randomUUID } from 'node:crypto'
import type { Sender } from '../../runs/dead-letter.ts'
import { checkDelay } from '../../runs/delay.ts'
import type { Clock, Log, Queue } from '../../runs/ports.ts'
import type { Database, Values } from './database.ts'
import { queueStatements } from './queue-statements.ts'

/** Takes the messages of a queue that were received too often. */
export type DeadLetterQueue = `${Sender}-dead-letters`

export type LocalQueueName = Sender | DeadLetterQueue

/** A message that was received. It comes back at its visibility time-out unless it is removed. */
export interface QueuedMessage {
  id: string
  body: string
  /** How often it was received, this time included. */
  receives: number
  /** Epoch ms. */
  sentAtMs: number
}

/** Reads and acknowledges messages. */
interface QueueReading {
  /**
   * Takes the messages that have been visible longest. Nobody else gets them before `visibilityMs` have passed. A message
   * received `MAX_RECEIVES` times goes to the dead letters instead.
   */
  receive(
    queue: LocalQueueName,
    options: { max: number; nowMs: number; visibilityMs: number },
  ): Promise<QueuedMessage[]>
  /** An id that is gone already is no error. */
  remove(ids: readonly string[]): Promise<void>
  /** Makes a message visible at an instant, unless somebody else has received it since. */
  release(message: Pick<QueuedMessage, 'id' | 'receives'>, atMs: number): Promise<void>
  /** Makes every received message visible again. For the start of a process: its receivers ended with the last one. */
  releaseAll(nowMs: number): Promise<void>
  /** When the next message becomes visible (epoch ms): in the past where one waits, undefined where there is none. */
  nextAt(queue: LocalQueueName): Promise<number | undefined>
}

/** The queues on SQLite: the port, and the reading of them. */
export interface LocalQueue extends Queue, QueueReading {}

/** As on AWS (`maxReceiveCount` in serverless.yml). */
export const MAX_RECEIVES = 5

export function sqliteQueue(database: Database, clock: Clock, log: Log): LocalQueue {
  const statements = queueStatements(database)
  return { ...sendingOn({ database, statements, clock, log }), ...readingOn({ database, statements }) }
}

interface Parts {
  database: Database
  statements: ReturnType<typeof queueStatements>
  clock: Clock
  log: Log
}

function sendingOn({ database, statements: { send }, clock, log }: Parts): Queue {
  const newMessage = (queue: Sender, body: string, delaySeconds = 0): Values => {
    const nowMs = clock()
    return { id: randomUUID(), queue, body, nowMs, visibleAtMs: nowMs + delaySeconds * 1000 }
  }

  return {
    send: async (queue, message, delaySeconds) => {
      checkDelay(delaySeconds)
      await send.write(newMessage(queue, JSON.stringify(message), delaySeconds))
    },
    // One transaction takes all, or none.
    sendAll: async (queue, messages) => {
      try {
        await database.write('send', () => {
          for (const message of messages) send.run(newMessage(queue, JSON.stringify(message)))
        })
        return []
      } catch (error) {
        log('error', 'messages not sent', { queue, count: messages.length, error: String(error) })
        return messages
      }
    },
    sendBack: async (to, body) => void (await send.write(newMessage(to, body))),
  }
}

function readingOn({ database, statements }: Pick<Parts, 'database' | 'statements'>): QueueReading {
  return {
    receive: (queue, { max, nowMs, visibilityMs }) =>
      database.write('receive', () => {
        if (!isDeadLetterQueue(queue)) {
          statements.deadLetter.run({ queue, deadLetters: deadLettersOf(queue), nowMs, maxReceives: MAX_RECEIVES })
        }
        const messages = statements.visible.all({ queue, nowMs, max })
        for (const { id } of messages) statements.claim.run({ id, visibleAtMs: nowMs + visibilityMs })
        return messages
      }),
    remove: (ids) =>
      database.write('remove messages', () => {
        for (const id of ids) statements.remove.run({ id })
      }),
    release: async ({ id, receives }, atMs) => void (await statements.release.write({ id, receives, atMs })),
    releaseAll: async (nowMs) => void (await statements.releaseAll.write({ nowMs })),
    nextAt: async (queue) => statements.next.get({ queue })?.visibleAtMs ?? undefined,
  }
}

export function deadLettersOf(queue: Sender): DeadLetterQueue {
  return `${queue}-dead-letters`
}

function isDeadLetterQueue(queue: LocalQueueName): queue is DeadLetterQueue {
  return queue.endsWith('-dead-letters')
}
