import { randomUUID } from 'node:crypto'
import type { Sender } from '../../runs/dead-letter.ts'
import { checkDelay } from '../../runs/delay.ts'
import type { Clock, Log, Queue } from '../../runs/ports.ts'
import type { Database, Values } from './database.ts'
import { queueStatements } from './queue-statements.ts'

/** Where the messages of a queue end that were received too often. */
export type DeadLetterQueue = `${Sender}-dead-letters`

export type LocalQueueName = Sender | DeadLetterQueue

/** A message that was received: it is back at its visibility time-out, unless it is removed. */
export interface ReceivedMessage {
  id: string
  body: string
  /** This time included. */
  receives: number
  /** Epoch ms. */
  sentAtMs: number
}

/** The queues on SQLite: the port, and what a loop needs to read them. */
export interface LocalQueue extends Queue {
  /**
   * Takes messages that are visible, longest first; nobody else gets them before `visibilityMs` have passed. What was
   * received `MAX_RECEIVES` times goes to the queue of dead letters instead.
   */
  receive(
    queue: LocalQueueName,
    options: { max: number; nowMs: number; visibilityMs: number },
  ): Promise<ReceivedMessage[]>
  /** Those that are not there any more are no fault. */
  remove(ids: readonly string[]): Promise<void>
  /** Lets a message be received again at an instant, unless somebody else has received it since. */
  release(message: Pick<ReceivedMessage, 'id' | 'receives'>, atMs: number): Promise<void>
  /** Lets everything be received again that was received. For the start of a process: whoever had it before is gone. */
  releaseAll(nowMs: number): Promise<void>
  /** When the next message can be received (epoch ms): now or in the past, where one is waiting. Undefined where there is none. */
  nextAt(queue: LocalQueueName): Promise<number | undefined>
}

/** As of the queues on AWS (`maxReceiveCount` in serverless.yml). */
export const MAX_RECEIVES = 5

export function sqliteQueue(database: Database, clock: Clock, log: Log): LocalQueue {
  const statements = queueStatements(database)

  const newMessage = (queue: Sender, body: string, delaySeconds = 0): Values => {
    const nowMs = clock()
    return { id: randomUUID(), queue, body, nowMs, visibleAtMs: nowMs + delaySeconds * 1000 }
  }

  return {
    send: async (queue, message, delaySeconds) => {
      checkDelay(delaySeconds)
      await statements.send.write(newMessage(queue, JSON.stringify(message), delaySeconds))
    },
    // One work: all are taken, or none is.
    sendAll: async (queue, messages) => {
      try {
        await database.write('send', () => {
          for (const message of messages) statements.send.run(newMessage(queue, JSON.stringify(message)))
        })
        return []
      } catch (error) {
        log('error', 'messages not sent', { queue, count: messages.length, error: String(error) })
        return messages
      }
    },
    sendBack: async (to, body) => void (await statements.send.write(newMessage(to, body))),
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
