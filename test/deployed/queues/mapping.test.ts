import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Fixture, startFixture } from '../fixtures/fixture.ts'
import type { Mapping } from '../template/model.ts'
import { startMapping } from './mapping.ts'
import type { sqsEvent } from './sqs-event.ts'

let fixture: Fixture
let dispose: () => Promise<void>
let sqs: SQSClient
let seen = 0
beforeAll(async () => {
  ;({ fixture, dispose } = await startFixture())
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  sqs = new SQSClient({ endpoint: fixture.endpoints.sqs, region: 'us-east-1', credentials })
})
afterAll(() => dispose())
beforeEach(() => {
  seen = batches().length
})

const batches = () => fixture.calls('fixture-batch')
const newBatches = () => batches().slice(seen)
const send = (queue: string, ...bodies: string[]) => {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
  return sqs.send(new SendMessageBatchCommand({ QueueUrl: fixture.resources[queue], Entries }))
}
const left = async (queue: string) => {
  const QueueUrl = fixture.resources[queue]
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
  )
  return AttributeNames.map((name) => Number(Attributes?.[name]))
}
const deadBodies = async (): Promise<(string | undefined)[]> => {
  const request = { QueueUrl: fixture.resources.Dead, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(request))
  return Messages.map(({ Body }) => Body)
}

test('only what failed comes back, until it is a dead letter', async () => {
  await send('Queue', 'ok', 'fail')
  await expect.poll(newBatches).toEqual([
    [
      ['ok', 1],
      ['fail', 1],
    ],
    [['fail', 2]],
  ])
  // Two receives are all that the redrive policy allows; the third attempt to receive moves it.
  await expect.poll(deadBodies).toEqual(['fail'])
  expect([newBatches().length, await left('Queue')]).toEqual([2, [0, 0]])
})

test.for(['throw', 'hang'])('a batch whose handler may %s comes back whole', async (fault) => {
  await send('Queue', 'ok', fault)
  const batch = (count: number) => [
    ['ok', count],
    [fault, count],
  ]
  await expect.poll(newBatches).toEqual([batch(1), batch(2)])
})

// A queue for each test: fauxqs keeps the long poll of a reader that is gone, which then takes the next message.
const mapping: Mapping = {
  id: 'Mine',
  queue: 'Spare1',
  function: 'Any',
  batchSize: 5,
  windowSeconds: 0,
  reportsItemFailures: false,
  maximumConcurrency: undefined,
  enabled: true,
}
const start = (
  own: Partial<Mapping>,
  concurrency: number,
  invoke: (id: string, event: unknown) => Promise<unknown>,
) => {
  const queue = { url: fixture.resources[own.queue ?? ''] ?? '', arn: 'arn:mine' }
  return startMapping({ ...mapping, ...own }, { sqs, queue, invoke, concurrency, onError: () => undefined })
}

test('the event is that of Lambda', async () => {
  const events: unknown[] = []
  const stop = start({ queue: 'Spare1' }, 1, async (_, event) => events.push(event))
  const MessageAttributes = {
    text: { DataType: 'String', StringValue: 'x' },
    bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1]) },
  }
  const Entries = [{ Id: '0', MessageBody: 'hello world', MessageAttributes }]
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: fixture.resources.Spare1, Entries }))
  await expect
    .poll(() => events)
    .toEqual([
      {
        Records: [
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
            eventSourceARN: 'arn:mine',
            awsRegion: 'us-east-1',
          },
        ],
      },
    ])
  await stop()
  expect(await left('Spare1')).toEqual([0, 0])
})

test('a window collects what comes apart', async () => {
  const sizes: number[] = []
  // The shape is that of sqsEvent.
  const stop = start({ queue: 'Spare2', windowSeconds: 4 }, 1, async (_, event) =>
    sizes.push((event as ReturnType<typeof sqsEvent>).Records.length),
  )
  await send('Spare2', 'one')
  await new Promise((resolve) => setTimeout(resolve, 300))
  await send('Spare2', 'two')
  await expect.poll(() => sizes).toEqual([2])
  await stop()
  expect(await left('Spare2')).toEqual([0, 0])
})

test('a message that comes back within the window is there once, and is deleted', async () => {
  const counts: string[][] = []
  const stop = start({ queue: 'Spare4', windowSeconds: 3 }, 1, async (_, event) => {
    // The shape is that of sqsEvent.
    const { Records } = event as ReturnType<typeof sqsEvent>
    counts.push(Records.map(({ attributes }) => attributes.ApproximateReceiveCount ?? ''))
  })
  await send('Spare4', 'one')
  await expect.poll(() => counts.length).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 1200))
  // Its visibility has ended: it would be there again.
  expect([counts[0]?.length, Number(counts[0]?.[0]) > 1, await left('Spare4')]).toEqual([1, true, [0, 0]])
  await stop()
})

test('no more batches are in flight than allowed', async () => {
  const ends: (() => void)[] = []
  const stop = start({ queue: 'Spare3', batchSize: 1 }, 2, () => new Promise<void>((resolve) => ends.push(resolve)))
  await send('Spare3', 'one', 'two', 'three')
  await expect.poll(() => ends.length).toBe(2)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(ends.length).toBe(2)
  ends[0]?.()
  await expect.poll(() => ends.length).toBe(3)
  for (const end of ends) end()
  await stop()
  expect(await left('Spare3')).toEqual([0, 0])
})
