import { readFileSync } from 'node:fs'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SEED_INSTANCES } from '../../lib/standalone/clouds/dcs/seeds.ts'
import { type SeenRun, startTestMachine, type TestMachine } from './machine-client.ts'

let on: TestMachine
beforeAll(async () => {
  on = await startTestMachine({ workMs: { restart: 10_000 }, instances: [...SEED_INSTANCES] })
})
afterAll(() => on.dispose())

const AT = '2026-11-20T03:12:07.344+0000'
const local = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }

test('one transition by every channel at once is one run and one request to the cloud', {
  timeout: 120_000,
}, async () => {
  const now = new Date().toISOString().replace('Z', '+0000')
  const sample = (name: string): string =>
    readFileSync(`${import.meta.dirname}/../../events/cloudwatch/${name}.json`, 'utf8').replaceAll(AT, now)
  const message = JSON.parse(sample('sns')).Records[0].Sns
  const { resources, endpoints } = on.machine
  const sns = new SNSClient({ ...local, endpoint: endpoints.sns })
  const sqs = new SQSClient({ ...local, endpoint: endpoints.sqs })
  const post = async (name: string): Promise<unknown> => {
    const response = await fetch(`${on.machine.url}/events`, { method: 'POST', body: sample(name) })
    return [response.status, await response.json()]
  }
  const [published, queued, ...posted] = await Promise.all([
    sns.send(new PublishCommand({ TopicArn: resources.AlarmsTopic, Message: message.Message })),
    sqs.send(new SendMessageCommand({ QueueUrl: resources.AlarmsQueue, MessageBody: JSON.stringify(message) })),
    ...['redis-unresponsive', 'sns', 'lambda-action'].map(post),
  ])
  expect([published.MessageId, queued.MessageId]).toEqual([expect.any(String), expect.any(String)])
  expect(posted).toEqual(Array.from({ length: 3 }, () => [202, { matched: 1 }]))
  // Each of the five deliveries is read, and says which run it became.
  const deliveries = (): string[] =>
    on
      .everythingWritten()
      .split('\n')
      .filter((line) => line.startsWith('steadyhand-dev-receive-alarm') && line.includes('delivery received'))
  await expect.poll(() => deliveries().length, { timeout: 20_000 }).toBe(5)
  const { runs } = (await (await on.get('/runs')).json()) as { runs: SeenRun[] }
  expect(runs.map(({ id }) => id)).toHaveLength(1)
  const [{ id } = { id: '' }] = runs
  expect(deliveries().filter((line) => line.includes(id))).toHaveLength(5)
  expect(await on.end(id)).toMatchObject({ state: 'succeeded', source: { kind: 'alarm', name: 'cloudwatch' } })
  expect(on.writes()).toHaveLength(1)
})
