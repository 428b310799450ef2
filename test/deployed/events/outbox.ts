import { appendFile, open } from 'node:fs/promises'
import type { Attributes } from '../emulators/resources.ts'
import type { Template } from '../template/model.ts'
import { startTopicReader, type TopicReaderOptions } from './topic-reader.ts'

/** One message as a topic delivered it. `topic` is the logical id. */
export type Delivery = {
  id: string
  topic: string
  at: string
  subject?: string
  message: string
  attributes: Record<string, string>
}

export type OutboxOptions = Pick<TopicReaderOptions, 'clients' | 'endpoints' | 'onError'> & {
  template: Template
  attributes: Attributes
  /** Gets one JSON line for each delivery, before anybody hears of it. */
  file: string
  onDelivery: (delivery: Delivery) => void
}

/** Listens to every topic of the template; the returned function stops it. */
export async function startOutbox(options: OutboxOptions): Promise<() => Promise<void>> {
  const { template, attributes, file, onDelivery, ...reader } = options
  await endLastLine(file)
  const topics = new Map(template.topics.map(({ id }) => [attributes.get(id) ?? '', id]))
  return startTopicReader({
    ...reader,
    queueName: 'standalone-outbox',
    subscriptions: [...topics.keys()].map((topicArn) => ({ topicArn, attributes: {} })),
    async onNotification({ MessageId, TopicArn, Timestamp, Subject, Message, MessageAttributes }) {
      const delivery: Delivery = {
        id: MessageId,
        topic: topics.get(TopicArn) ?? TopicArn,
        at: Timestamp,
        ...(Subject !== undefined && { subject: Subject }),
        message: Message,
        attributes: Object.fromEntries(Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value])),
      }
      await appendFile(file, `${JSON.stringify(delivery)}\n`)
      onDelivery(delivery)
    },
  })
}

/** A process that was killed may have left half a line: what follows must not become part of it. */
async function endLastLine(path: string): Promise<void> {
  const file = await open(path, 'a+')
  try {
    const { size } = await file.stat()
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    if (size > 0 && buffer.toString() !== '\n') await file.appendFile('\n')
  } finally {
    await file.close()
  }
}
