import { GetQueueAttributesCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Aws, startAws } from '../emulators/aws.ts'
import { createQueue } from '../emulators/resources.ts'
import type { Mapping } from '../template/model.ts'
import { startMapping } from './mapping.ts'
import type { sqsEvent } from './sqs-event.ts'

let aws: Aws
beforeAll(async () => {
  aws = await startAws({ environment: { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' } })
})
afterAll(() => aws.close())

type Records = ReturnType<typeof sqsEvent>['Records']

interface Started {
  mapping?: Partial<Mapping>
  concurrency?: number
  visibilitySeconds?: number
  invoke: (records: Records) => unknown
}

let count = 0

/** A queue of its own, whose messages are received twice at most, and a mapping that reads it. */
async function start({ mapping, concurrency = 1, visibilitySeconds = 1, invoke }: Started) {
  const { sqs } = aws.clients
  const origin = aws.endpoints.sqs
  const name = `queue-${count++}`
  const dead = await createQueue({ sqs, origin, name: `${name}-dead`, attributes: {} })
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 })
  const attributes = { VisibilityTimeout: String(visibilitySeconds), RedrivePolicy }
  const queue = await createQueue({ sqs, origin, name, attributes })
  const stop = startMapping(
    {
      ...{ id: 'Mine', queue: 'Queue', function: 'Any', batchSize: 5, reportsItemFailures: true },
      ...{ maximumConcurrency: undefined, enabled: true, ...mapping },
    },
    {
      ...{ sqs, queue, concurrency, onError: () => undefined },
      // The shape is that of sqsEvent.
      invoke: async (_, event) => invoke((event as ReturnType<typeof sqsEvent>).Records),
    },
  )
  const send = (...messages: string[]) => {
    const Entries = messages.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
    return sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }))
  }
  /** Messages that can be received, and that were. */
  const left = async (url = queue.url) => {
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...AttributeNames] })
    const { Attributes } = await sqs.send(command)
    return AttributeNames.map((one) => Number(Attributes?.[one]))
  }
  return { queue, stop, send, left, dead: () => left(dead.url) }
}

const shown = (records: Records) =>
  records.map(({ body, attributes }) => [body, Number(attributes.ApproximateReceiveCount)])

test('only what failed comes back, until it is a dead letter', async () => {
  const batches: unknown[] = []
  const { send, stop, left, dead } = await start({
    invoke: (records) => {
      batches.push(shown(records))
      const failed = records.filter(({ body }) => body === 'fail')
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) }
    },
  })
  await send('ok', 'fail')
  await expect.poll(dead).toEqual([1, 0])
  const first = [
    ['ok', 1],
    ['fail', 1],
  ]
  expect([batches, await left()]).toEqual([
    [first, [['fail', 2]]],
    [0, 0],
  ])
  await stop()
})

test('a batch whose function fails comes back whole', async () => {
  const batches: unknown[] = []
  const { send, stop, left } = await start({
    invoke: (records) => {
      if (batches.push(shown(records)) === 1) throw new Error('broken')
    },
  })
  await send('one', 'two')
  const batch = (receives: number) => [
    ['one', receives],
    ['two', receives],
  ]
  await expect.poll(() => batches).toEqual([batch(1), batch(2)])
  await stop()
  expect(await left()).toEqual([0, 0])
})

test('without reports of items, no failure is the success of all', async () => {
  let batches = 0
  const { send, stop, left } = await start({
    mapping: { reportsItemFailures: false },
    invoke: () => {
      batches++
      return { batchItemFailures: [{ itemIdentifier: 'any' }] }
    },
  })
  await send('one', 'two')
  await expect.poll(() => batches).toBe(1)
  await stop()
  expect(await left()).toEqual([0, 0])
})

test('the event is that of Lambda', async () => {
  const events: unknown[] = []
  const { queue, stop, left } = await start({ invoke: (records) => void events.push(...records) })
  const MessageAttributes = {
    text: { DataType: 'String', StringValue: 'x' },
    bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1]) },
  }
  const Entries = [{ Id: '0', MessageBody: 'hello world', MessageAttributes }]
  await aws.clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }))
  await expect
    .poll(() => events)
    .toEqual([
      {
        messageId: expect.any(String),
        receiptHandle: expect.any(String),
        body: 'hello world',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: expect.any(String),
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        },
        messageAttributes: {
          text: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' },
          bytes: { binaryValue: 'AQ==', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
        },
        md5OfBody: '5eb63bbbe01eeed093cb22bb8f5acdc3',
        md5OfMessageAttributes: expect.any(String),
        eventSource: 'aws:sqs',
        eventSourceARN: queue.arn,
        awsRegion: 'us-east-1',
      },
    ])
  await stop()
  expect(await left()).toEqual([0, 0])
})

test('no more batches are in flight than allowed', async () => {
  const ends: (() => void)[] = []
  const { send, stop, left } = await start({
    mapping: { batchSize: 1 },
    concurrency: 2,
    visibilitySeconds: 30,
    invoke: () => new Promise<void>((resolve) => ends.push(resolve)),
  })
  await send('one', 'two', 'three')
  await expect.poll(() => ends.length).toBe(2)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(ends.length).toBe(2)
  ends[0]?.()
  await expect.poll(() => ends.length).toBe(3)
  for (const end of ends) end()
  await stop()
  expect(await left()).toEqual([0, 0])
})
