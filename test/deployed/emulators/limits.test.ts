import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AttributeValue, CreateTableCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { CreateTopicCommand, PublishCommand } from '@aws-sdk/client-sns'
import { ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Aws, startAws } from './aws.ts'
import { createQueue } from './resources.ts'

/** What AWS refuses, the emulators refuse, and what it takes to the last byte, they take. */

const KB = 1024
const TableName = 'limits'

let aws: Aws
let QueueUrl: string
let TopicArn: string | undefined
beforeAll(async () => {
  aws = await startAws()
  const { sqs, sns, dynamodb } = aws.clients
  QueueUrl = (await createQueue({ sqs, origin: aws.endpoints.sqs, name: 'limits', attributes: {} })).url
  TopicArn = (await sns.send(new CreateTopicCommand({ Name: 'limits' }))).TopicArn
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' }) as const
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [text('id'), text('due')],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'due',
          KeySchema: [{ AttributeName: 'due', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  )
})
afterAll(() => aws.close())

/** @returns the name of the error, or `taken` */
const outcomeOf = (sent: Promise<unknown>): Promise<string> =>
  sent.then(
    () => 'taken',
    ({ name }: Error) => name.replace('AWS.SimpleQueueService.', ''),
  )

describe('SQS', () => {
  const send = (MessageBody: string, DelaySeconds?: number) =>
    aws.clients.sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody, ...(DelaySeconds !== undefined && { DelaySeconds }) }),
    )
  const sendBatch = (bodies: string[], DelaySeconds = 0) => {
    const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody, DelaySeconds }))
    return aws.clients.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  }

  test.for([
    ['a delay of 900 s', () => send('x', 900), 'taken'],
    ['a delay of 901 s', () => send('x', 901), 'InvalidParameterValue'],
    ['a delay of half a second', () => send('x', 0.5), 'InvalidParameterValue'],
    ['a negative delay', () => send('x', -1), 'InvalidParameterValue'],
    ['a delay of 901 s in a batch', () => sendBatch(['x'], 901), 'InvalidParameterValue'],
    ['a message of 1 MiB', () => send('x'.repeat(KB * KB)), 'taken'],
    ['a message of more than 1 MiB', () => send('x'.repeat(KB * KB + 1)), 'InvalidParameterValue'],
    ['an empty message', () => send(''), 'MissingParameter'],
    ['a character that is none', () => send('\u0000'), 'InvalidMessageContents'],
    ['a batch of 1 MiB', () => sendBatch(Array(4).fill('x'.repeat(256 * KB))), 'taken'],
    ['a batch of more than 1 MiB', () => sendBatch(Array(4).fill('x'.repeat(256 * KB + 1))), 'BatchRequestTooLong'],
    ['a batch of ten', () => sendBatch(Array(10).fill('x')), 'taken'],
    ['a batch of eleven', () => sendBatch(Array(11).fill('x')), 'TooManyEntriesInBatchRequest'],
    ['an empty batch', () => sendBatch([]), 'EmptyBatchRequest'],
  ] as const)('%s', async ([, sent, outcome]) => {
    expect(await outcomeOf(sent())).toBe(outcome)
  })
})

describe('SNS', () => {
  test.for([
    ['a message of 256 KiB', 256 * KB, 'taken'],
    ['a message of more than 256 KiB', 256 * KB + 1, 'InvalidParameterException'],
  ] as const)('%s', async ([, bytes, outcome]) => {
    const publish = new PublishCommand({ TopicArn, Message: 'x'.repeat(bytes) })
    expect(await outcomeOf(aws.clients.sns.send(publish))).toBe(outcome)
  })
})

describe('DynamoDB', () => {
  const put = (item: Record<string, AttributeValue>) =>
    aws.clients.dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: 'id' }, ...item } }))
  const within = (times: number, wrap: (value: AttributeValue) => AttributeValue): AttributeValue => {
    let value: AttributeValue = { S: 'leaf' }
    for (let n = 0; n < times; n++) value = wrap(value)
    return value
  }
  const maps = (times: number) => within(times, (n) => ({ M: { n } }))
  const lists = (times: number) => within(times, (n) => ({ L: [n] }))
  const where = (expression: string, value: AttributeValue) =>
    aws.clients.dynamodb.send(
      new PutItemCommand({
        ...{ TableName, Item: { id: { S: 'id' } }, ConditionExpression: expression },
        ExpressionAttributeValues: { ':v': value },
      }),
    )
  const clauses = (count: number) => Array(count).fill('attribute_exists(a)').join(' OR ')
  const query = (FilterExpression: string) =>
    aws.clients.dynamodb.send(
      new QueryCommand({
        ...{ TableName, KeyConditionExpression: 'id = :v', FilterExpression },
        ExpressionAttributeValues: { ':v': { S: 'id' } },
      }),
    )

  test.for([
    ['31 maps around a text', () => put({ a: maps(31) }), 'taken'],
    ['32 maps around a text', () => put({ a: maps(32) }), 'ValidationException'],
    ['31 lists around a text', () => put({ a: lists(31) }), 'taken'],
    ['32 lists around a text', () => put({ a: lists(32) }), 'ValidationException'],
    ['32 maps in a condition', () => where('a = :v', maps(32)), 'ValidationException'],
    // Beside the value: the id with its name, and the name of the attribute.
    ['an item of 400 KB', () => put({ a: { S: 'x'.repeat(400 * KB - 5) } }), 'taken'],
    ['an item of more than 400 KB', () => put({ a: { S: 'x'.repeat(400 * KB - 4) } }), 'ValidationException'],
    ['an empty key', () => put({ id: { S: '' } }), 'ValidationException'],
    ['a key of 2,048 bytes', () => put({ id: { S: 'x'.repeat(2_048) } }), 'taken'],
    ['a key of 2,049 bytes', () => put({ id: { S: 'x'.repeat(2_049) } }), 'ValidationException'],
    ['an empty key of an index', () => put({ due: { S: '' } }), 'ValidationException'],
    ['an empty text elsewhere', () => put({ a: { S: '' } }), 'taken'],
    ['an expression of less than 4 KB', () => query(clauses(170)), 'taken'],
    ['an expression of more than 4 KB', () => query(clauses(180)), 'ValidationException'],
  ] as const)('%s', async ([, sent, outcome]) => {
    expect(await outcomeOf(sent())).toBe(outcome)
  })

  test('a client that hangs up does no harm', async () => {
    const { hostname, port } = new URL(aws.endpoints.dynamodb)
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc', () =>
          setTimeout(() => socket.destroy(), 50),
        )
      })
      socket.on('close', () => resolve())
    })
    // Long enough for the server to see it; it ended the process before.
    await sleep(100)
    expect(await outcomeOf(put({}))).toBe('taken')
  })
})

test('queues that are ten times as fast delay for a tenth', async () => {
  const fast = await startAws({ speed: 10 })
  const { sqs } = fast.clients
  const { url } = await createQueue({ sqs, origin: fast.endpoints.sqs, name: 'fast', attributes: {} })
  const sentAtMs = Date.now()
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x', DelaySeconds: 15 }))
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }))
  const tookMs = Date.now() - sentAtMs
  expect([Messages?.length, tookMs >= 1_500, tookMs < 15_000]).toEqual([1, true, true])
  await fast.close()
})
