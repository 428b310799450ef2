import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { ListTopicsCommand, PublishCommand } from '@aws-sdk/client-sns'
import { ListQueuesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { paceOf } from './clock.ts'
import { startAws } from './emulators/aws.ts'
import { BusEvent } from './events/event-bus.ts'
import { FIXTURE_TEMPLATE, type Fixture, startFixture } from './fixtures/fixture.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await startFixture({ eventRetryDelaysMs: [20, 40] })
})
afterAll(() => fixture.close())

const alarm = (detail: Record<string, unknown>) => ({ source: 'fixture.alarm', 'detail-type': 'Test', detail })
const alarmAction = { source: 'aws.cloudwatch', alarmArn: 'arn', alarmData: { alarmName: 'action' } }
const heard = (name: string) =>
  fixture.calls('fixture-listener').filter((event) => JSON.stringify(event).includes(`"${name}"`))
const post = (path: string, body: unknown) =>
  fetch(`${fixture.url}${path}`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })
const resource = (name: string) => fixture.resources.get(name) ?? name
const receive = async (queue: string): Promise<unknown[]> => {
  const command = new ReceiveMessageCommand({ QueueUrl: resource(queue), WaitTimeSeconds: 5 })
  const { Messages = [] } = await fixture.aws.clients.sqs.send(command)
  return Messages.map(({ Body = '' }) => JSON.parse(Body))
}

test('the environment is resolved, overridden, and free of what only a deployment can fetch', async () => {
  expect(await fixture.invoke('fixture-echo', { do: 'env' })).toMatchObject({ MINE: 'echo', OVERRIDDEN: 'caller' })
  const response = await post('/items', { do: 'env' })
  const { endpoints, prefix } = fixture.aws
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
    TABLE: `${prefix}Table`,
    QUEUE_URL: `${endpoints.sqs}/000000000000/${prefix}Queue`,
    TOPIC_ARN: resource('Topic'),
    INDEX: expect.stringMatching(/^arn:aws:dynamodb:.*:table\/.*Table\/index\/x$/),
    JOINED: 'a-us-east-1',
    MINE: 'http',
    OVERRIDDEN: 'caller',
    CALLS_FILE: join(fixture.folder, 'calls.jsonl'),
  })
})

test('a message of a queue comes to the function that is mapped to it', async () => {
  const message = { QueueUrl: resource('Queue'), MessageBody: 'a "mapped" message' }
  await fixture.aws.clients.sqs.send(new SendMessageCommand(message))
  await expect
    .poll(() => heard('aws:sqs'))
    .toMatchObject([{ Records: [{ body: message.MessageBody, eventSourceARN: resource('Queue.Arn') }] }])
})

describe('POST /events', () => {
  const NO_EVENT = { message: 'The body is no EventBridge event, SNS delivery or alarm action' }

  test.for([
    ['one that matches', alarm({}), 202, { matched: 1, results: [] }],
    ['one that does not', { ...alarm({}), source: 'other' }, 202, { matched: 0, results: [] }],
    ['a delivery of SNS', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }, 202, { matched: 1, results: [] }],
    ["an alarm's action", alarmAction, 202, { matched: 1, results: [] }],
    ['no event', { a: 1 }, 400, NO_EVENT],
    ['messages of a queue', { Records: [{ eventSource: 'aws:sqs', body: '' }] }, 400, NO_EVENT],
    ['no message at all', { Records: [] }, 400, NO_EVENT],
    ['what is no JSON', '{', 400, NO_EVENT],
  ] as const)('takes %s', async ([, body, status, expected]) => {
    const response = await post('/events', body)
    expect([response.status, await response.json()]).toEqual([status, expected])
  })

  test('hands over a delivery and an action as AWS does', async () => {
    const sns = { Records: [{ EventSource: 'aws:sns', Sns: { Message: 'as it is' } }] }
    const action = { ...alarmAction, alarmData: { alarmName: 'as it was' } }
    for (const body of [sns, action]) await post('/events', body)
    expect([heard('as it is'), heard('as it was')]).toEqual([[sns], [action]])
  })

  test('says that the function failed', async () => {
    const response = await post('/events', { ...alarmAction, detail: { fail: true } })
    expect([response.status, await response.json()]).toEqual([
      503,
      { message: 'The function failed. Send the event again: it starts one run at most' },
    ])
  })
})

describe('an event', () => {
  test('arrives whole, once', async () => {
    expect(fixture.putEvent(BusEvent.parse(alarm({ name: 'whole' })))).toHaveLength(1)
    await expect
      .poll(() => heard('whole'))
      .toEqual([
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

  test('whose function fails is tried three times, then kept as a failure', async () => {
    void fixture.putEvent(BusEvent.parse(alarm({ name: 'failing', fail: true })))
    await expect.poll(() => heard('failing').length).toBe(3)
    const kept = async () => (await receive('Undelivered')).map((record) => JSON.stringify(record))
    await expect.poll(kept).toContainEqual(expect.stringContaining('"failing"'))
  })

  test('whose function fails is kept with the whole story, after as many tries as configured', async () => {
    void fixture.putEvent(BusEvent.parse({ ...alarm({}), source: 'fixture.echo' }))
    expect(await receive('Failures')).toEqual([
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
})

test('a schedule runs at once', async () => {
  await expect
    .poll(() => fixture.calls('fixture-ticker'))
    .toEqual([expect.objectContaining({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} })])
})

test('what a topic delivers is heard, and reaches a subscribed function through its filter', async () => {
  const publish = (Message: string, kind: string) => {
    const MessageAttributes = { kind: { DataType: 'String', StringValue: kind } }
    const message = { TopicArn: resource('Topic'), Message, Subject: 'S', MessageAttributes }
    return fixture.aws.clients.sns.send(new PublishCommand(message))
  }
  await publish('unwanted message', 'other')
  await publish('wanted message', 'wanted')
  await expect
    .poll(() => fixture.notifications.map(({ Message }) => Message))
    .toEqual(['unwanted message', 'wanted message'])
  await expect
    .poll(() => heard('wanted message'))
    .toMatchObject([
      {
        Records: [
          {
            EventSource: 'aws:sns',
            Sns: { Message: 'wanted message', Subject: 'S', MessageAttributes: { kind: { Value: 'wanted' } } },
          },
        ],
      },
    ])
  expect(heard('unwanted message').length).toBe(0)
})

test('closing waits for no call that is under way, and frees the port', async () => {
  const other = await startFixture()
  const hanging = other.invoke('Echo', { do: 'hang' }).catch((error) => error.kind)
  await other.close()
  // Not `timeout`: that it would have been told by itself.
  expect(await hanging).toBe('closed')
  await expect(fetch(other.url)).rejects.toThrow()
})

describe('a start that fails', () => {
  test('says which rule cannot be run, and leaves nothing where it was to run', async () => {
    const elsewhere = await startAws()
    const templateFile = join(fixture.folder, 'broken.json')
    const text = readFileSync(FIXTURE_TEMPLATE, 'utf8')
    writeFileSync(templateFile, text.replace('"fixture.alarm"', '{ "wildcard": "x*" }'))
    const started = startFixture({ templateFile, environment: environmentOf(elsewhere) })
    await expect(started).rejects.toThrow('AlarmRule: the event pattern')
    expect(await madeIn(elsewhere)).toEqual([])
    await elsewhere.close()
  })

  test('does not go on without a template', async () => {
    await expect(startFixture({ templateFile: '/nowhere.json' })).rejects.toThrow('ENOENT')
  })
})

type Elsewhere = Awaited<ReturnType<typeof startAws>>

const environmentOf = ({ endpoints }: Elsewhere) => ({
  AWS_ENDPOINT_URL_SQS: endpoints.sqs,
  AWS_ENDPOINT_URL_SNS: endpoints.sns,
  AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'their-key',
  AWS_SECRET_ACCESS_KEY: 'their-secret',
})

/** Names of all queues, topics and tables. */
async function madeIn({ clients }: Elsewhere): Promise<string[]> {
  const [{ QueueUrls = [] }, { Topics = [] }, { TableNames = [] }] = await Promise.all([
    clients.sqs.send(new ListQueuesCommand({})),
    clients.sns.send(new ListTopicsCommand({})),
    clients.dynamodb.send(new ListTablesCommand({})),
  ])
  return [...QueueUrls, ...Topics.map(({ TopicArn = '' }) => TopicArn), ...TableNames]
}

describe('where the environment names endpoints', () => {
  test('two run beside each other, and each deletes what it made', async () => {
    const elsewhere = await startAws()
    const environment = environmentOf(elsewhere)
    const [one, other] = await Promise.all([startFixture({ environment }), startFixture({ environment })])
    expect(await one.invoke('fixture-http', { body: '{"do":"env"}' })).toMatchObject(environment)
    for (const { resources, aws } of [one, other]) {
      const message = { QueueUrl: resources.get('Queue'), MessageBody: aws.prefix }
      await aws.clients.sqs.send(new SendMessageCommand(message))
      await aws.clients.sns.send(new PublishCommand({ TopicArn: resources.get('Topic'), Message: aws.prefix }))
      const Item = { id: { S: aws.prefix } }
      await aws.clients.dynamodb.send(new PutItemCommand({ TableName: resources.get('Table'), Item }))
    }
    const bodies = ({ calls }: Fixture) => calls('fixture-listener').map((event) => JSON.stringify(event))
    for (const each of [one, other]) {
      await expect.poll(() => each.notifications.map(({ Message }) => Message)).toEqual([each.aws.prefix])
      await expect.poll(() => bodies(each)).toEqual([expect.stringContaining(`"body":"${each.aws.prefix}"`)])
    }
    await one.close()
    const left = await madeIn(elsewhere)
    expect(left.length).toBeGreaterThan(5)
    expect(left.filter((name) => !name.includes(other.aws.prefix))).toEqual([])
    await other.close()
    expect(await madeIn(elsewhere)).toEqual([])
    await elsewhere.close()
  })

  test('queues elsewhere and topics here go together', async () => {
    const elsewhere = await startAws()
    const { AWS_ENDPOINT_URL_SQS, ...others } = environmentOf(elsewhere)
    const mixed = await startFixture({ environment: { AWS_ENDPOINT_URL_SQS } })
    await mixed.aws.clients.sns.send(new PublishCommand({ TopicArn: mixed.resources.get('Topic'), Message: 'mixed' }))
    await expect.poll(() => mixed.notifications.map(({ Message }) => Message)).toEqual(['mixed'])
    await mixed.close()
    await elsewhere.close()
    const { AWS_ENDPOINT_URL_SNS } = others
    await expect(startAws({ environment: { AWS_ENDPOINT_URL_SNS } })).rejects.toThrow('needs AWS_ENDPOINT_URL_SQS')
  })

  test('time passes as it does', async () => {
    const environment = { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1' }
    await expect(startFixture({ environment, pace: paceOf(2) })).rejects.toThrow('only emulated queues go faster')
  })
})
