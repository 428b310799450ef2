import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestMachine, type TestMachine } from './machine-client.ts'

let on: TestMachine
beforeAll(async () => {
  on = await startTestMachine()
})
afterAll(() => on.dispose())

test.for(['SubmissionsDeadLetters', 'PollsDeadLetters', 'AlarmDeadLetters'])(
  'what ends in %s is told on the topic',
  async (queue) => {
    const { endpoints, resources } = on.machine
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
    const sqs = new SQSClient({ endpoint: endpoints.sqs, region: 'us-east-1', credentials })
    await sqs.send(new SendMessageCommand({ QueueUrl: resources[queue] ?? '', MessageBody: `poison of ${queue}` }))
    sqs.destroy()
    await expect
      .poll(() => on.machine.deliveries.map(({ message }) => JSON.parse(message)), { timeout: 10_000 })
      .toContainEqual(
        expect.objectContaining({
          type: 'steadyhand.message.buried',
          data: expect.objectContaining({ body: `poison of ${queue}`, queue: expect.stringContaining(queue) }),
        }),
      )
  },
)
