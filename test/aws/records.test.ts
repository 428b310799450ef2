import type { Context, SQSEvent, SQSRecord } from 'aws-lambda'
import { expect, test } from 'vitest'
import { deadlineOf, eachRecord } from '../../lib/aws/records.ts'
import type { Log } from '../../lib/runs/ports.ts'

const record = (messageId: string): SQSRecord => ({
  messageId,
  receiptHandle: 'r',
  body: messageId,
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

const CONTEXT = { getRemainingTimeInMillis: () => 20_000 } as Context // all that is read of it

async function handle(bad: string[]): Promise<{ failed: string[]; lines: unknown[]; handled: string[] }> {
  const lines: unknown[] = []
  const handled: string[] = []
  const log: Log = (level, message, fields) => lines.push([level, message, fields])
  const event: SQSEvent = { Records: ['a', 'b', 'c'].map(record) }
  const response = await eachRecord(event, CONTEXT, log, async ({ body }) => {
    handled.push(body)
    if (bad.includes(body)) throw new Error(`${body} is poison`)
  })
  return { failed: response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), lines, handled }
}

test('a message that fails comes back alone, and says so in the log', async () => {
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

test('three seconds are kept back from the time-out', () => {
  const before = Date.now()
  const deadline = deadlineOf(CONTEXT)
  expect(deadline).toBeGreaterThanOrEqual(before + 17_000)
  expect(deadline).toBeLessThanOrEqual(Date.now() + 17_000)
})
