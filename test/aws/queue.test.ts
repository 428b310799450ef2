import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { sqsQueue } from '../../lib/aws/queue.ts'
import type { SubmitMessage } from '../../lib/runs/messages.ts'

const URLS = { submissions: 'https://sqs/s', polls: 'https://sqs/p', alarms: 'https://sqs/a' }
const messages = (count: number): SubmitMessage[] =>
  Array.from({ length: count }, (_, index) => ({ v: 1, runId: `run_${index}` }))

/** Takes all messages but those with the given ids. A request whose first message is `down` gets no answer. */
function fakeSqs({ refused = [], down }: { refused?: string[]; down?: string } = {}) {
  const requests: number[] = []
  const taken: string[] = []
  const idOf = (body?: string): string => JSON.parse(body ?? '').runId
  const client = {
    send: async (command: SendMessageCommand | SendMessageBatchCommand) => {
      const isBatch = command instanceof SendMessageBatchCommand
      const entries: Partial<SendMessageBatchRequestEntry>[] = isBatch
        ? (command.input.Entries ?? [])
        : [{ MessageBody: command.input.MessageBody }]
      requests.push(entries.length)
      if (idOf(entries[0]?.MessageBody) === down) throw new Error('no answer')
      const failed = entries.filter(({ MessageBody }) => refused.includes(idOf(MessageBody)))
      taken.push(...entries.filter((one) => !failed.includes(one)).map(({ MessageBody }) => idOf(MessageBody)))
      return { Failed: failed.map(({ Id }) => ({ Id })) }
    },
  }
  return { queue: sqsQueue(URLS, client as never), requests, taken } // the two commands that are used
}

test.for([
  [0, []],
  [1, [1]],
  [10, [10]],
  [25, [10, 10, 5]],
] as const)('%i messages go in requests of %j', async ([count, sizes]) => {
  const { queue, requests, taken } = fakeSqs()
  expect(await queue.sendAll('submissions', messages(count))).toEqual([])
  expect(requests).toEqual(sizes)
  expect(taken).toEqual(messages(count).map((message) => 'runId' in message && message.runId))
})

test('messages that failed in an answer of 200 are returned, and all others are sent', async () => {
  const { queue, taken } = fakeSqs({ refused: ['run_3', 'run_14'] })
  const sent = messages(25)
  expect(await queue.sendAll('submissions', sent)).toEqual([sent[3], sent[14]])
  expect(taken).toHaveLength(23)
})

test.for([
  [1, 1, 0],
  [11, 10, 1],
  [25, 10, 15],
] as const)('of %i messages whose first request fails, %i are not taken', async ([count, left, others]) => {
  const { queue, taken } = fakeSqs({ down: 'run_0' })
  const sent = messages(count)
  expect(await queue.sendAll('polls', sent)).toEqual(sent.slice(0, left))
  expect(taken).toHaveLength(others)
})

test.for(['submissions', 'polls', 'alarms'] as const)(
  'what is sent back to %s goes there as it is, at once',
  async (to) => {
    const inputs: unknown[] = []
    const client = { send: async ({ input }: SendMessageCommand) => void inputs.push(input) }
    await sqsQueue(URLS, client as never).sendBack(to, ' {"v":9} ') // the one command that is used
    expect(inputs).toEqual([{ QueueUrl: URLS[to], MessageBody: ' {"v":9} ' }])
  },
)
