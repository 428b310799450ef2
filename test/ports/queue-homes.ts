import { ChangeMessageVisibilityCommand, DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { sqsQueue } from '../../lib/aws/queue.ts'
import { openDatabase } from '../../lib/local/sqlite/database.ts'
import { type LocalQueueName, MAX_RECEIVES, sqliteQueue } from '../../lib/local/sqlite/queue.ts'
import type { Sender } from '../../lib/runs/dead-letter.ts'
import type { Queue } from '../../lib/runs/ports.ts'
import { type Aws, startAws } from '../deployed/emulators/aws.ts'
import { createQueue, type OnMade } from '../deployed/emulators/resources.ts'
import { temporaryFolder } from '../local/sqlite/folder.ts'

interface TakenMessage {
  id: string
  body: string
  receives: number
}

/** Empty queues in one of their homes. */
export interface OpenQueues {
  queue: Queue
  /** All that can be received now, ten at most. */
  receive(queue: LocalQueueName, visibilitySeconds: number): Promise<TakenMessage[]>
  remove(queue: LocalQueueName, message: TakenMessage): Promise<void>
  /** Gives a message back that was received. */
  release(queue: LocalQueueName, message: TakenMessage, afterSeconds: number): Promise<void>
  /** Lets time pass. */
  pass(seconds: number): Promise<void>
  close(): void
}

interface QueueHome {
  name: string
  start(): Promise<{ open(): Promise<OpenQueues>; stop(): Promise<void> }>
}

export const QUEUE_HOMES: QueueHome[] = [
  { name: 'SQLite', start: async () => ({ open: async () => openSqlite(), stop: async () => {} }) },
  { name: 'SQS', start: startSqs },
]

function openSqlite(): OpenQueues {
  const { folder, discard } = temporaryFolder()
  const database = openDatabase(folder)
  let nowMs = Date.parse('2026-01-01T00:00:00Z')
  const queue = sqliteQueue(
    database,
    () => nowMs,
    () => {},
  )
  return {
    queue,
    receive: (name, visibilitySeconds) =>
      queue.receive(name, { max: 10, nowMs, visibilityMs: visibilitySeconds * 1000 }),
    remove: (_, { id }) => queue.remove([id]),
    release: (_, message, afterSeconds) => queue.release(message, nowMs + afterSeconds * 1000),
    pass: async (seconds) => {
      nowMs += seconds * 1000
    },
    close: () => {
      database.close()
      discard()
    },
  }
}

const SENDERS: readonly Sender[] = ['submissions', 'polls', 'alarms']

/** That of `AWS_ENDPOINT_URL_SQS`, or an emulated one. */
async function startSqs() {
  // No table is used.
  const aws = await startAws({ environment: { ...process.env, AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' } })
  const removals: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(removals.map((remove) => remove()))
    await aws.close()
  }
  let count = 0
  const open = () => openSqs(aws, { prefix: `${aws.prefix}${count++}`, onMade: (remove) => void removals.push(remove) })
  return { open, stop }
}

async function openSqs(aws: Aws, { prefix, onMade }: { prefix: string; onMade: OnMade }): Promise<OpenQueues> {
  const { sqs } = aws.clients
  const made = { sqs, origin: aws.endpoints.sqs, onMade }
  const urls = new Map<LocalQueueName, string>()
  for (const name of SENDERS) {
    const dead = await createQueue({ ...made, name: `${prefix}-${name}-dead-letters`, attributes: {} })
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: MAX_RECEIVES })
    const { url } = await createQueue({ ...made, name: `${prefix}-${name}`, attributes: { RedrivePolicy } })
    urls.set(name, url).set(`${name}-dead-letters`, dead.url)
  }
  const handles = new Map<string, string>()
  const address = (name: LocalQueueName, { id }: TakenMessage) => ({
    QueueUrl: urls.get(name),
    ReceiptHandle: handles.get(id),
  })
  return {
    queue: sqsQueue(Object.fromEntries(urls) as Record<Sender, string>, sqs), // each sender has one
    receive: async (name, VisibilityTimeout) => {
      const command = new ReceiveMessageCommand({
        QueueUrl: urls.get(name),
        MaxNumberOfMessages: 10,
        VisibilityTimeout,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      })
      const { Messages = [] } = await sqs.send(command)
      return Messages.map(({ MessageId: id = '', Body: body = '', ReceiptHandle = '', Attributes }) => {
        handles.set(id, ReceiptHandle)
        return { id, body, receives: Number(Attributes?.ApproximateReceiveCount) }
      })
    },
    remove: async (name, message) => void (await sqs.send(new DeleteMessageCommand(address(name, message)))),
    release: async (name, message, VisibilityTimeout) => {
      await sqs.send(new ChangeMessageVisibilityCommand({ ...address(name, message), VisibilityTimeout }))
    },
    // A little more, for timers.
    pass: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000 + 50)),
    close: () => {},
  }
}
