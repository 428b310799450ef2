import { readFileSync } from 'node:fs'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SEED_INSTANCES } from '../../lib/simulators/dcs/seeds.ts'
import { type SeenRun, startTestMachine, type TestMachine } from './machine-client.ts'
import { patientFetch } from './patient-fetch.ts'

let on: TestMachine
beforeAll(async () => {
  on = await startTestMachine({ workMs: { restart: 10_000 }, instances: [...SEED_INSTANCES] })
})
afterAll(() => on.dispose())

const AT = '2026-11-20T03:12:07.344+0000'
const local = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }

test('one transition by every channel at once is one run and one request to the cloud', async () => {
  const now = new Date().toISOString().replace('Z', '+0000')
  const { resources, endpoints } = on.machine
  // An alarm is of the account of the topic that it comes by.
  const [, , , , account = ''] = resources.AlarmsTopic?.split(':') ?? []
  const sample = (name: string): string =>
    readFileSync(`${import.meta.dirname}/../../events/cloudwatch/${name}.json`, 'utf8')
      .replaceAll(AT, now)
      .replaceAll('111122223333', account)
  const message = JSON.parse(sample('sns')).Records[0].Sns
  const sns = new SNSClient({ ...local, endpoint: endpoints.sns })
  const sqs = new SQSClient({ ...local, endpoint: endpoints.sqs })
  const post = async (name: string): Promise<unknown> => {
    const response = await patientFetch(`${on.machine.url}/events`, { method: 'POST', body: sample(name) })
    return [response.status, await response.json()]
  }
  const [published, queued, ...posted] = await Promise.all([
    sns.send(new PublishCommand({ TopicArn: resources.AlarmsTopic, Message: message.Message })),
    sqs.send(new SendMessageCommand({ QueueUrl: resources.AlarmsQueue, MessageBody: JSON.stringify(message) })),
    ...['redis-unresponsive', 'sns', 'lambda-action'].map(post),
  ])
  expect([published.MessageId, queued.MessageId]).toEqual([expect.any(String), expect.any(String)])
  const results = [
    { about: expect.any(String), rule: 'restart-unresponsive-redis', runs: [expect.stringMatching(/^run_/)] },
  ]
  expect(posted).toEqual(Array.from({ length: 3 }, () => [202, { matched: 1, results }]))
  // Each of the five deliveries is read, and says which run it became.
  const deliveries = (): string[] =>
    on
      .everythingWritten()
      .split('\n')
      .filter((line) => line.startsWith('steadyhand-dev-receive-alarm') && line.includes('delivery received'))
  await expect.poll(() => deliveries().length).toBe(5)
  const { runs } = (await (await on.get('/runs')).json()) as { runs: SeenRun[] }
  expect(runs.map(({ id }) => id)).toHaveLength(1)
  const [{ id } = { id: '' }] = runs
  expect(deliveries().filter((line) => line.includes(id))).toHaveLength(5)
  expect(await on.end(id)).toMatchObject({ state: 'succeeded', source: { kind: 'alarm', name: 'cloudwatch' } })
  expect(on.writes()).toHaveLength(1)
})

test('alarms that a large group hands on are decided, whatever their source; a message of another release is buried', async () => {
  const { resources, endpoints } = on.machine
  const sqs = new SQSClient({ ...local, endpoint: endpoints.sqs })
  const before = on.writes().length
  const alarm = {
    ...{ source: 'alertmanager', identity: 'RedisDown', name: 'RedisDown', account: '', region: '', status: 'firing' },
    ...{ severity: 'critical', occurredAt: new Date().toISOString(), dedupeKey: 'handed-on', reason: '', tags: {} },
    dimensions: { dcs_instance_id: 'catalog-cache' },
  }
  const message = {
    kind: 'steadyhand.alarms',
    v: 1,
    source: 'alertmanager',
    delivery: 'dlv_1',
    part: 0,
    alarms: [alarm],
  }
  for (const sent of [message, message, { ...message, v: 2 }]) {
    await sqs.send(new SendMessageCommand({ QueueUrl: resources.AlarmsQueue, MessageBody: JSON.stringify(sent) }))
  }
  const handedOn = async () => {
    const { runs } = (await (await on.get('/runs')).json()) as { runs: (SeenRun & { source: { name: string } })[] }
    return runs.filter(({ source }) => source.name === 'alertmanager')
  }
  await expect.poll(handedOn).toHaveLength(1)
  const letters = async () => (await (await on.get('/letters')).json()) as { letters: object[] }
  await expect
    .poll(letters)
    .toMatchObject({ letters: [{ from: 'alarms', body: JSON.stringify({ ...message, v: 2 }) }] })
  const { deliveries } = (await (await on.get('/deliveries?source=alertmanager')).json()) as { deliveries: object[] }
  expect(deliveries).toMatchObject([{ results: [{ about: 'RedisDown', rule: 'restart-redis-that-is-down' }] }])
  const [run] = await handedOn()
  expect(await on.end(run?.id ?? '')).toMatchObject({ state: 'succeeded' })
  expect(on.writes().length).toBe(before + 1)
})
