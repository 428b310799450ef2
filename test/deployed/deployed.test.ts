import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStandalone } from './deployed.ts'
import { type Fixture, startFixture } from './fixtures/fixture.ts'

let fixture: Fixture
let dispose: () => Promise<void>
beforeAll(async () => {
  ;({ fixture, dispose } = await startFixture({ eventRetryDelaysMs: [20, 40] }))
})
afterAll(() => dispose())

const local = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
const alarm = (detail: Record<string, unknown>) => ({ source: 'fixture.alarm', 'detail-type': 'Test', detail })
const entry = (detail: string, source = 'fixture.alarm') => ({ Source: source, DetailType: 'Test', Detail: detail })
const alarmAction = { source: 'aws.cloudwatch', alarmArn: 'arn', alarmData: { alarmName: 'action' } }
const NO_EVENT = { message: "Not an EventBridge event, a delivery of SNS or an alarm's action" }
const heard = (name: string) =>
  fixture.calls('fixture-listener').filter((event) => JSON.stringify(event).includes(`"${name}"`))
const post = (body: string) => fetch(`${fixture.url}/events`, { method: 'POST', body })

describe('environment', () => {
  test('is resolved, overridden, and free of what only a deployment can fetch', async () => {
    const env = await fixture.invoke('fixture-echo', { do: 'env' })
    expect(env).toMatchObject({ MINE: 'echo', OVERRIDDEN: 'caller' })
    const response = await fetch(`${fixture.url}/items`, { method: 'POST', body: '{"do":"env"}' })
    const { resources, endpoints } = fixture
    expect(await response.json()).toEqual({
      TZ: ':UTC',
      _HANDLER: 'handlers/probe.http',
      LAMBDA_TASK_ROOT: join(import.meta.dirname, 'fixtures'),
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'fixture-http',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/fixture-http',
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_SQS: endpoints.sqs,
      AWS_ENDPOINT_URL_SNS: endpoints.sns,
      AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
      TABLE: 'Table',
      QUEUE_URL: resources.Queue,
      TOPIC_ARN: resources.Topic,
      INDEX: expect.stringMatching(/^arn:aws:dynamodb:.*:table\/Table\/index\/x$/),
      JOINED: 'a-us-east-1',
      MINE: 'http',
      OVERRIDDEN: 'caller',
      CALLS_FILE: join(fixture.dataDir, 'calls.jsonl'),
    })
  })

  test('names queues at an origin that answers', () => {
    expect(fixture.resources.Queue).toBe(`${fixture.endpoints.sqs}/000000000000/Queue`)
  })
})

describe('events', () => {
  test.for([
    ['one that matches', alarm({ name: 'one' }), 202, { matched: 1 }],
    ['one that does not', { ...alarm({}), source: 'other' }, 202, { matched: 0 }],
    ['a list', [alarm({}), { ...alarm({}), source: 'other' }, alarm({})], 202, { matched: 2 }],
    ['a request of PutEvents', { Entries: [entry('{"name":"entry"}'), entry('{}', 'other')] }, 202, { matched: 1 }],
    ['a delivery of SNS', { Records: [{ EventSource: 'aws:sns', Sns: { Message: 'm' } }] }, 202, { matched: 1 }],
    ["an alarm's action", alarmAction, 202, { matched: 1 }],
    ['no event', { a: 1 }, 400, NO_EVENT],
    ['an entry that is not JSON', { Entries: [entry('{')] }, 400, NO_EVENT],
    ['an entry that is no object', { Entries: [entry('7')] }, 400, NO_EVENT],
    ['messages of a queue', { Records: [{ eventSource: 'aws:sqs', body: '' }] }, 400, NO_EVENT],
    ['records of another service', { Records: [{ EventSource: 'aws:s3' }] }, 400, NO_EVENT],
    ['no message at all', { Records: [] }, 400, NO_EVENT],
  ] as const)('POST /events takes %s', async ([, body, status, expected]) => {
    const response = await post(JSON.stringify(body))
    expect([response.status, await response.json()]).toEqual([status, expected])
  })

  test('an entry, a delivery and an action arrive as AWS hands them over', async () => {
    const sns = { Records: [{ EventSource: 'aws:sns', Sns: { Message: 'as it is' } }] }
    const action = { ...alarmAction, alarmData: { alarmName: 'as it was' } }
    for (const body of [{ Entries: [entry('{"name":"put"}')] }, sns, action]) await post(JSON.stringify(body))
    expect(heard('put')).toMatchObject([{ source: 'fixture.alarm', 'detail-type': 'Test', detail: { name: 'put' } }])
    expect([heard('as it is'), heard('as it was')]).toEqual([[sns], [action]])
  })

  test('POST /events refuses what is not JSON', async () => {
    expect((await post('{')).status).toBe(400)
  })

  test('an event arrives whole, once', async () => {
    expect(fixture.putEvent(alarm({ name: 'whole' }))).toHaveLength(1)
    await expect.poll(() => heard('whole').length).toBe(1)
    expect(heard('whole')).toEqual([
      {
        ...alarm({ name: 'whole' }),
        version: '0',
        id: expect.any(String),
        account: '000000000000',
        region: 'us-east-1',
        time: expect.any(String),
        resources: [],
      },
    ])
  })

  test('a failing function is tried three times, then its event is a dead letter', async () => {
    void fixture.putEvent(alarm({ name: 'failing', fail: true }))
    const sqs = new SQSClient({ ...local, endpoint: fixture.endpoints.sqs })
    const request = { QueueUrl: fixture.resources.Undelivered, WaitTimeSeconds: 5, MessageAttributeNames: ['All'] }
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(request))
    const [message] = Messages
    expect(JSON.parse(message?.Body ?? '').detail).toEqual({ name: 'failing', fail: true })
    expect(message?.MessageAttributes?.ErrorMessage?.StringValue).toBe('fixture-listener: told to fail')
    expect(heard('failing').length).toBe(3)
  })

  test('POST /events says that the function failed on an action', async () => {
    const response = await post(JSON.stringify({ ...alarmAction, detail: { fail: true } }))
    expect([response.status, await response.json()]).toEqual([
      503,
      { message: 'The function failed. Send the event again: it starts one run at most' },
    ])
  })
})

test('a failure destination gets the whole story, after as many tries as configured', async () => {
  void fixture.putEvent({ ...alarm({}), source: 'fixture.echo' })
  const sqs = new SQSClient({ ...local, endpoint: fixture.endpoints.sqs })
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: fixture.resources.Failures, WaitTimeSeconds: 5 }),
  )
  expect(Messages.map(({ Body = '' }) => JSON.parse(Body))).toEqual([
    {
      version: '1.0',
      timestamp: expect.any(String),
      requestContext: {
        requestId: expect.any(String),
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fixture-echo:$LATEST',
        condition: 'RetriesExhausted',
        approximateInvokeCount: 1,
      },
      requestPayload: { do: 'throw' },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType: 'TypeError', errorMessage: 'fixture-echo: broken' },
    },
  ])
})

test('a schedule runs at once', async () => {
  await expect
    .poll(() => fixture.calls('fixture-ticker'))
    .toEqual([expect.objectContaining({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} })])
})

describe('what a topic delivers', () => {
  const publish = (message: string, kind: string) => {
    const MessageAttributes = { kind: { DataType: 'String', StringValue: kind } }
    const sns = new SNSClient({ ...local, endpoint: fixture.endpoints.sns })
    return sns.send(
      new PublishCommand({ TopicArn: fixture.resources.Topic, Message: message, Subject: 'S', MessageAttributes }),
    )
  }

  // A message that is not deleted stays in flight, and would come again.
  const inOutbox = async () => {
    const sqs = new SQSClient({ ...local, endpoint: fixture.endpoints.sqs })
    const QueueUrl = `${fixture.endpoints.sqs}/000000000000/standalone-outbox`
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
    return [Attributes.ApproximateNumberOfMessages, Attributes.ApproximateNumberOfMessagesNotVisible]
  }

  test('is handed over, and is in the file before that', async () => {
    await publish('{"a":1}', 'other')
    await expect.poll(() => fixture.deliveries.length).toBe(1)
    const expected = {
      id: expect.any(String),
      topic: 'Topic',
      at: expect.any(String),
      subject: 'S',
      message: '{"a":1}',
      attributes: { kind: 'other' },
    }
    expect(fixture.deliveries).toEqual([expected])
    const lines = readFileSync(join(fixture.dataDir, 'outcomes.jsonl'), 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual([expected])
    await expect.poll(inOutbox).toEqual(['0', '0'])
  })

  test('reaches a subscribed function through its filter', async () => {
    await publish('unwanted message', 'other')
    await publish('wanted message', 'wanted')
    await expect.poll(() => heard('wanted message').length).toBe(1)
    expect(heard('wanted message')[0]).toMatchObject({
      Records: [
        {
          EventSource: 'aws:sns',
          Sns: { Message: 'wanted message', MessageAttributes: { kind: { Value: 'wanted' } } },
        },
      ],
    })
    expect(heard('unwanted message').length).toBe(0)
  })
})

test('a client that hangs up on the table does no harm', async () => {
  const { hostname, port } = new URL(fixture.endpoints.dynamodb)
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc', () =>
        setTimeout(() => socket.destroy(), 50),
      )
    })
    socket.on('close', () => resolve())
  })
  // Long enough for the server to see it; it ended the process before.
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await fixture.invoke('Echo', { alive: true })).toEqual({ alive: true })
})

describe('closing', () => {
  test('waits for no call that is under way, and frees the port', async () => {
    const { fixture: other, dispose: disposeOther } = await startFixture()
    const hanging = other.invoke('Echo', { do: 'hang' }).catch((error) => error.kind)
    await disposeOther()
    // Not `timeout`: that it would have been told by itself.
    expect(await hanging).toBe('closed')
    await expect(fetch(other.url)).rejects.toThrow()
  })

  test('keeps the tables for the next start', async () => {
    const { fixture: first } = await startFixture()
    const item = { id: { S: 'a' } }
    const table = (endpoint: string) => new DynamoDBClient({ ...local, endpoint })
    await table(first.endpoints.dynamodb).send(new PutItemCommand({ TableName: 'Table', Item: item }))
    await first.close()
    const { fixture: second, dispose: disposeSecond } = await startFixture({ dataDir: first.dataDir })
    const found = await table(second.endpoints.dynamodb).send(new GetItemCommand({ TableName: 'Table', Key: item }))
    expect(found.Item).toEqual(item)
    await disposeSecond()
  })
})

describe('a start that fails', () => {
  test('says so when another has the data folder', async () => {
    const second = startFixture({ dataDir: fixture.dataDir })
    await expect(second).rejects.toThrow(`open ${join(fixture.dataDir, 'tables')}: another process is using it`)
  })

  test.for([
    ['a port in use', () => ({ port: Number(new URL(fixture.url).port) }), 'EADDRINUSE'],
    ['a pattern that cannot be run', () => ({ templateFile: withWildcard() }), 'AlarmRule: the event pattern'],
  ] as const)('leaves nothing open: %s', async ([, broken, message]) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'standalone-'))
    await expect(startFixture({ dataDir, ...broken() })).rejects.toThrow(message)
    // The database would still be locked.
    const { dispose: disposeNext } = await startFixture({ dataDir })
    await disposeNext()
  })

  test('does not go on without a template', async () => {
    const none = { root: '.', templateFile: '/nowhere.json', dataDir: fixture.dataDir, port: 0 }
    await expect(startStandalone(none)).rejects.toThrow('ENOENT')
  })
})

function withWildcard(): string {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/template.json'), 'utf8')
  const file = join(fixture.dataDir, 'broken.json')
  writeFileSync(file, text.replace('"fixture.alarm"', '{ "wildcard": "x*" }'))
  return file
}
