import { readFileSync } from 'node:fs'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documents, dynamoStore } from '../../lib/aws/store.ts'
import { createWorld } from '../world/world.ts'
import { instance, type SeenRun, startTestMachine, type TestMachine } from './machine-client.ts'
import { patientFetch } from './patient-fetch.ts'

const seeds = Array.from({ length: 4 }, (_, index) => instance(index))
const LOCAL = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }

let on: TestMachine
let sqs: SQSClient
let db: DynamoDBClient
beforeAll(async () => {
  on = await startTestMachine({ workMs: { swap: 1_000 }, instances: seeds })
  const { endpoints } = on.machine
  sqs = new SQSClient({ ...LOCAL, endpoint: endpoints.sqs })
  db = new DynamoDBClient({ ...LOCAL, endpoint: endpoints.dynamodb })
})
afterAll(async () => {
  sqs.destroy()
  db.destroy()
  await on.dispose()
})

/** Puts a message into a queue. @returns its id */
async function put(queue: string, MessageBody: string): Promise<string> {
  const { MessageId } = await sqs.send(
    new SendMessageCommand({ QueueUrl: on.machine.resources[queue] ?? '', MessageBody }),
  )
  return MessageId ?? ''
}

interface Told {
  id: string
  type: string
  subject: string
  data: { from: string; queue: string; body: string; runId?: string; id?: string }
}

const told = (): Told[] => on.machine.deliveries.map(({ message }) => JSON.parse(message) as Told)

const toldOf = async (id: string): Promise<Told> => {
  await expect.poll(() => told().filter((event) => event.id === id)).toHaveLength(1)
  return told().find((event) => event.id === id) as Told // just seen
}

const resend = (id: string): Promise<Response> =>
  patientFetch(`${on.machine.url}/letters/${id}/resend`, { method: 'POST' })

const writesTo = (id: string | undefined): number =>
  on.writes().filter(({ path, instances }) => instances?.includes(id ?? '') || path.includes(id ?? '?')).length

const runsOf = async (id: string | undefined): Promise<SeenRun[]> => {
  const { runs } = (await (await on.get('/runs?limit=100')).json()) as { runs: SeenRun[] } // our own API
  return runs.filter((run) => JSON.stringify(run).includes(id ?? '?'))
}

/** A run in the table of which no message is on its way. */
async function lostRun(instanceId: string | undefined): Promise<string> {
  const now = Date.now()
  const run = await createWorld().accept({
    operation: 'dcs.instance.swap',
    target: { instanceId },
    idempotencyKey: `lost ${instanceId}`,
  })
  const at = (ms: number): string => new Date(now + ms).toISOString()
  const dates = { createdAt: at(0), updatedAt: at(0), nextAt: at(0), dueAt: at(300_000), deadlineAt: at(1_800_000) }
  await dynamoStore(on.machine.resources.RunsTable ?? '', documents(db)).create({ ...run, ...dates })
  return run.id
}

/** For which the rules swap master and standby: that takes a test the least time. */
function alarm(instanceId: string | undefined): unknown {
  const sample = JSON.parse(readFileSync('events/cloudwatch/redis-unresponsive.json', 'utf8'))
  sample.detail.state.timestamp = new Date().toISOString().replace('Z', '+0000')
  sample.detail.alarmName = 'redis-orders-master-latency'
  sample.detail.alarmTags = { 'dcs-instance': instanceId }
  return sample
}

test.for([
  ['SubmissionsDeadLetters', 'submissions'],
  ['PollsDeadLetters', 'polls'],
  ['AlarmDeadLetters', 'alarms'],
  // What cannot be read is not tried again and again.
  ['SubmissionsQueue', 'submissions'],
  ['PollsQueue', 'polls'],
] as const)('what ends in %s is told on the topic, and where it is from', async ([queue, from]) => {
  const id = await put(queue, `poison of ${queue}`)
  expect(await toldOf(id)).toMatchObject({
    type: 'steadyhand.message.buried',
    data: { from, body: `poison of ${queue}`, queue: expect.stringContaining(queue) },
  })
})

describe('a submission that was given up', () => {
  test('is kept, told, noted on its run, and when it is sent back its run is carried out, once', async () => {
    const instanceId = seeds[0]?.id
    const runId = await lostRun(instanceId)
    const id = await put('SubmissionsDeadLetters', JSON.stringify({ v: 1, runId }))
    expect(await toldOf(id)).toMatchObject({ subject: runId, data: { from: 'submissions', runId } })
    expect(await on.run(runId)).toMatchObject({ state: 'queued', buried: 1 })
    expect(writesTo(instanceId)).toBe(0)
    const answers = [await resend(id), await resend(id)]
    expect(answers.map(({ status }) => status)).toEqual([202, 202])
    expect(await answers[0]?.json()).toEqual({
      messageId: id,
      from: 'submissions',
      queue: expect.stringContaining('SubmissionsDeadLetters'),
      runId,
      body: JSON.stringify({ v: 1, runId }),
      at: expect.any(String),
      sentBackAt: expect.any(String),
    })
    expect(await on.end(runId)).toMatchObject({ state: 'succeeded' })
    expect(writesTo(instanceId)).toBe(1)
  })

  test('by a release that does not know it is given up again when it is sent back', async () => {
    const body = JSON.stringify({ v: 99, runId: await lostRun(seeds[1]?.id) })
    const id = await put('SubmissionsQueue', body)
    await toldOf(id)
    expect((await resend(id)).status).toBe(202)
    const copies = (): Told[] => told().filter(({ data }) => data.body === body)
    await expect.poll(copies).toHaveLength(2)
    expect(new Set(copies().map((event) => event.id)).size).toBe(2)
    expect(writesTo(seeds[1]?.id)).toBe(0)
  })
})

test.for([
  ['as EventBridge leaves it', 2, (event: unknown) => event],
  [
    'as Lambda leaves it',
    3,
    (requestPayload: unknown) => ({
      version: '1.0',
      requestContext: { condition: 'RetriesExhausted' },
      requestPayload,
    }),
  ],
] as const)('a parked alarm, %s, starts its run when it is sent back, and only one', async ([, seed, parked]) => {
  const instanceId = seeds[seed]?.id
  const event = alarm(instanceId)
  const id = await put('AlarmDeadLetters', JSON.stringify(parked(event)))
  expect((await toldOf(id)).data.body).toBe(JSON.stringify(event).slice(0, 2_000))
  expect([await runsOf(instanceId), writesTo(instanceId)]).toEqual([[], 0])
  expect([(await resend(id)).status, (await resend(id)).status]).toEqual([202, 202])
  await expect.poll(() => runsOf(instanceId)).toMatchObject([{ source: { kind: 'alarm' } }])
  const [run] = await runsOf(instanceId)
  expect(await on.end(run?.id ?? '')).toMatchObject({ state: 'succeeded' })
  expect([await runsOf(instanceId), writesTo(instanceId)]).toEqual([[expect.anything()], 1])
})

test('a letter that was cut is 409, and nothing is sent', async () => {
  const [before] = [told().length]
  const store = dynamoStore(on.machine.resources.RunsTable ?? '', documents(db))
  const letter = { messageId: 'cut', from: 'polls', queue: 'PollsDeadLetters', at: new Date().toISOString() } as const
  await store.keepLetter({ ...letter, body: '{"v":99', cutFromBytes: 400_000 })
  const response = await resend('cut')
  expect([response.status, response.headers.get('content-type')]).toEqual([409, 'application/problem+json'])
  expect(await response.json()).toMatchObject({ detail: expect.stringContaining('400000 bytes') })
  expect((await store.getLetter('cut'))?.sentBackAt).toBeUndefined()
  // It could not be read, and would be told as a letter of its own.
  await toldOf(await put('PollsQueue', 'sent after it'))
  expect(
    told()
      .slice(before)
      .map(({ data }) => data.body),
  ).not.toContain('{"v":99')
})

test.for([
  ['that is not kept', '00000000-0000-4000-8000-000000000000'],
  ['whose id is longer than a key can be', 'x'.repeat(3_000)],
  ['of a zero byte', '%00'],
  ['that is a lease', 'lease:x'],
] as const)('a letter %s is 404', async ([, id]) => {
  const response = await resend(id)
  expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
})

test('what a person is shown of a letter is its first 2,000 characters; what is sent back is all of it', async () => {
  const body = `${'x'.repeat(3_000)} end`
  const id = await put('PollsQueue', body)
  await toldOf(id)
  expect(await (await resend(id)).json()).toMatchObject({ body: 'x'.repeat(2_000) })
  const store = dynamoStore(on.machine.resources.RunsTable ?? '', documents(db))
  await expect.poll(() => told().filter(({ data }) => data.body === 'x'.repeat(2_000))).toHaveLength(2)
  const copy = told().findLast(({ data }) => data.body === 'x'.repeat(2_000))
  expect((await store.getLetter(copy?.id ?? ''))?.body).toBe(body)
})
