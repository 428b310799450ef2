import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { CreateTopicCommand, DeleteTopicCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { LOCAL_ACCOUNT } from '../template/intrinsics.ts'
import type { Queue, Table, Template } from '../template/model.ts'
import type { Aws } from './aws.ts'

/** What `Ref` (`Id`) and `Fn::GetAtt` (`Id.Attribute`) give for everything that was made. */
export type Attributes = ReadonlyMap<string, string>

/** @param remove deletes what was made. They are called at the end, the newest first */
export type OnMade = (remove: () => Promise<unknown>) => void

/** The id of the HTTP API in its events, too. */
const LOCAL_API = 'local'

/** Creates the template's queues, topics and tables, and says by which URL, ARN and name they are reached. */
export async function createResources(template: Template, aws: Aws, onMade: OnMade): Promise<Attributes> {
  const { clients, endpoints, region, prefix } = aws
  const attributes = new Map(Object.entries(template.parameters)).set('AWS::Region', region)
  for (const { id, name } of template.functions) {
    attributes.set(id, name)
    attributes.set(`${id}.Arn`, `arn:aws:lambda:${region}:${LOCAL_ACCOUNT}:function:${name}`)
  }
  for (const id of template.apis) attributes.set(id, LOCAL_API)
  for (const queue of deadLettersFirst(template.queues)) {
    const redrive = queue.redrive && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: attributes.get(`${queue.redrive.queue}.Arn`),
        maxReceiveCount: queue.redrive.maxReceiveCount,
      }),
    }
    const name = `${prefix}${queue.name}`
    const settings = { VisibilityTimeout: String(queue.visibilitySeconds), ...queue.attributes, ...redrive }
    const { url, arn } = await createQueue({
      sqs: clients.sqs,
      origin: endpoints.sqs,
      name,
      attributes: settings,
      onMade,
    })
    attributes.set(queue.id, url).set(`${queue.id}.QueueUrl`, url)
    attributes.set(`${queue.id}.Arn`, arn).set(`${queue.id}.QueueName`, name)
  }
  for (const topic of template.topics) {
    const name = `${prefix}${topic.name}`
    const { TopicArn = '' } = await clients.sns.send(new CreateTopicCommand({ Name: name }))
    onMade(() => clients.sns.send(new DeleteTopicCommand({ TopicArn })))
    attributes.set(topic.id, TopicArn).set(`${topic.id}.TopicArn`, TopicArn).set(`${topic.id}.TopicName`, name)
  }
  for (const { id, create } of template.tables) {
    const TableName = `${prefix}${create.TableName}`
    const arn = await createTable(clients.dynamodb, { ...create, TableName })
    onMade(() => clients.dynamodb.send(new DeleteTableCommand({ TableName })))
    attributes.set(id, TableName).set(`${id}.Arn`, arn)
  }
  return attributes
}

export interface NewQueue {
  sqs: SQSClient
  /** Where it is known to answer. */
  origin: string
  name: string
  attributes: Record<string, string>
  onMade?: OnMade
}

/**
 * Creates a queue and gives its ARN and its URL.
 *
 * Emulators make up the host of a queue URL (fauxqs: `sqs.us-east-1.localhost`, which does not resolve everywhere), and the
 * SDK sends to that host, so the URL is moved to the origin.
 */
export async function createQueue(queue: NewQueue): Promise<{ url: string; arn: string }> {
  const { sqs, origin, name, attributes, onMade } = queue
  const { QueueUrl: made = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
  const QueueUrl = `${origin}${new URL(made).pathname}`
  onMade?.(() => sqs.send(new DeleteQueueCommand({ QueueUrl })))
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
  return { url: QueueUrl, arn: Attributes?.QueueArn ?? '' }
}

function deadLettersFirst(queues: Queue[]): Queue[] {
  const depth = (queue: Queue, seen: string[] = []): number => {
    if (seen.includes(queue.id)) throw new Error(`${queue.id}: its dead letters come back to it`)
    const next = queues.find(({ id }) => id === queue.redrive?.queue)
    return next ? 1 + depth(next, [...seen, queue.id]) : 0
  }
  return queues.toSorted((a, b) => depth(a) - depth(b))
}

/** Emulators need milliseconds, AWS some ten seconds. */
const TABLE_MS = 60_000

async function createTable(dynamodb: DynamoDBClient, create: Table['create']): Promise<string> {
  await dynamodb.send(new CreateTableCommand(create))
  for (const until = Date.now() + TABLE_MS; Date.now() < until; ) {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: create.TableName }))
    if (Table?.TableStatus === 'ACTIVE') return Table.TableArn ?? ''
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`create table ${create.TableName}: not active after ${TABLE_MS / 1000} s`)
}
