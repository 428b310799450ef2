import type { Context, SQSEvent, SQSRecord } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import type { DeadLettersConfig } from '../../lib/aws/config.ts'
import { deliveredIn, eachRecord, isSqsEvent, senderOf } from '../../lib/aws/sqs-batch.ts'
import { take } from '../../lib/dead-letters/take.ts'
import { invocationDeadlineMs } from '../../lib/runs/deadline.ts'
import type { QueueName } from '../../lib/runs/messages.ts'
import type { Log } from '../../lib/runs/ports.ts'
import { createWorld, type World } from '../world/world.ts'

const record = (messageId: string, body = messageId): SQSRecord => ({
  messageId,
  receiptHandle: 'r',
  body,
  attributes: {
    ApproximateReceiveCount: '3',
    SentTimestamp: '0',
    SenderId: 's',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-west-1:1:polls',
  awsRegion: 'eu-west-1',
})

const CONTEXT = { getRemainingTimeInMillis: () => 20_000 } as Context // the fields that are read

async function handle(bad: string[]): Promise<{ failed: string[]; lines: unknown[]; handled: string[] }> {
  const lines: unknown[] = []
  const handled: string[] = []
  const log: Log = (level, message, fields) => lines.push([level, message, fields])
  const event: SQSEvent = { Records: ['a', 'b', 'c'].map((id) => record(id)) }
  const response = await eachRecord({ event, context: CONTEXT, ports: { log, clock: Date.now } }, async ({ body }) => {
    handled.push(body)
    if (bad.includes(body)) throw new Error(`${body} is poison`)
  })
  return { failed: response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), lines, handled }
}

test('a message that fails returns alone, and is logged', async () => {
  expect(await handle(['b'])).toEqual({
    failed: ['b'],
    lines: [
      ['error', 'message failed', { messageId: 'b', queue: 'polls', receives: '3', error: 'Error: b is poison' }],
    ],
    handled: ['a', 'b', 'c'],
  })
})

test('a batch that fails as a whole is no failure of the function: each message counts its own receives', async () => {
  expect((await handle(['a', 'b', 'c'])).failed).toEqual(['a', 'b', 'c'])
})

test('three seconds of the time-out are reserved', () => {
  expect(invocationDeadlineMs(() => 1_000_000, CONTEXT)).toBe(1_017_000)
})

describe('a message of one of our queues', () => {
  const RUN = `run_${'0'.repeat(32)}`

  async function takeAll(
    { ports }: World,
    queue: QueueName,
    bodies: string[],
  ): Promise<{ failed: string[]; handled: unknown[] }> {
    const handled: unknown[] = []
    const event: SQSEvent = { Records: bodies.map((body, index) => record(`m${index}`, body)) }
    const { batchItemFailures } = await eachRecord({ event, context: CONTEXT, ports }, (one, deadlineAtMs) =>
      take(ports, { from: queue, ...deliveredIn(one) }, async (message) => {
        handled.push(message)
        if (deadlineAtMs !== invocationDeadlineMs(ports.clock, CONTEXT)) throw new Error('no deadline')
      }),
    )
    return { failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), handled }
  }

  test.for([
    ['submissions', { v: 1, runId: RUN }],
    ['submissions', { v: 2, runIds: [RUN, RUN] }],
    ['polls', { v: 1, runId: RUN, step: 3 }],
  ] as const)('of %s is handled where it is %j', async ([queue, message]) => {
    const world = createWorld()
    expect(await takeAll(world, queue, [JSON.stringify(message)])).toEqual({ failed: [], handled: [message] })
    expect([world.kept.size, world.deadLetters]).toEqual([0, []])
  })

  test.for([
    ['submissions', { v: 3, runId: RUN }],
    ['submissions', { v: 1, runId: RUN, urgent: true }],
    ['submissions', { v: 1, runId: RUN, step: 3 }],
    ['polls', { v: 2, runId: RUN, step: 3 }],
    ['polls', { v: 1, runId: RUN }],
  ] as const)('of %s becomes a dead letter at once and is acknowledged where it is %j', async ([queue, message]) => {
    const world = createWorld()
    const body = JSON.stringify(message)
    expect(await takeAll(world, queue, [body])).toEqual({ failed: [], handled: [] })
    expect(world.deadLetters).toMatchObject([{ messageId: 'm0', from: queue, queue: 'polls', runId: RUN, body }])
    expect([...world.kept.values()]).toEqual(world.deadLetters)
  })

  test('that is no JSON does not stop the others', async () => {
    const world = createWorld()
    const good = { v: 1, runId: RUN } as const
    expect(await takeAll(world, 'submissions', ['{', JSON.stringify(good), ''])).toEqual({
      failed: [],
      handled: [good],
    })
    expect([...world.kept.keys()]).toEqual(['m0', 'm2'])
  })

  test('that can be neither read nor stored returns to its queue', async () => {
    const world = createWorld()
    world.ports.store.createDeadLetter = async () => {
      throw new Error('no table')
    }
    expect(await takeAll(world, 'polls', ['{'])).toEqual({ failed: ['m0'], handled: [] })
    expect(world.deadLetters).toEqual([])
  })

  test('that another release sent becomes a dead letter, and the sweeper continues its run', async () => {
    const world = createWorld()
    world.post = () => []
    const { id } = await world.accept({})
    await takeAll(world, 'submissions', [JSON.stringify({ v: 3, runId: id })])
    world.post = () => [0]
    await world.pass(5 * 60_000)
    expect(world.get(id)).toMatchObject({ state: 'succeeded', deadLetters: 1 })
    expect(world.cloud.writes).toHaveLength(1)
  })
})

test.for([
  [{ Records: [record('a')] }, true],
  [{ Records: [] }, false],
  [{ source: 'aws.cloudwatch', detail: { Records: [record('a')] } }, false],
  [{ Records: [{ EventSource: 'aws:sns' }] }, false],
  [null, false],
] as const)('an event of a queue is known by its records: %j', ([event, expected]) => {
  expect(isSqsEvent(event)).toBe(expected)
})

test('a dead letter of an unknown queue returns to its queue', () => {
  const config = {
    SUBMISSIONS_DEAD_LETTERS_ARN: 'arn:a',
    POLLS_DEAD_LETTERS_ARN: 'arn:b',
    ALARMS_DEAD_LETTERS_ARN: 'arn:c',
  } as DeadLettersConfig // the fields that are read
  const from = (eventSourceARN: string): string => senderOf({ eventSourceARN }, config)
  expect(['arn:a', 'arn:b', 'arn:c'].map(from)).toEqual(['submissions', 'polls', 'alarms'])
  expect(() => from('arn:d')).toThrow('arn:d is no known dead-letter queue: set its *_DEAD_LETTERS_ARN')
})
