import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb'
import { CreateTopicCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../template/intrinsics.ts'
import type { Queue, Table, Template } from '../template/model.ts'
import type { Clients, Endpoints } from './clients.ts'

/** What `Ref` (`Id`) and `Fn::GetAtt` (`Id.Attribute`) give for everything that was made. */
export type Attributes = ReadonlyMap<string, string>

/** Creates the template's queues, topics and tables, and says by which URL, ARN and name they are reached. */
export async function createResources(template: Template, clients: Clients, endpoints: Endpoints): Promise<Attributes> {
  const attributes = new Map(Object.entries(template.parameters))
  for (const { id, name } of template.functions) {
    attributes.set(id, name)
    attributes.set(`${id}.Arn`, `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${name}`)
  }
  for (const queue of deadLettersFirst(template.queues)) {
    const redrive = queue.redrive && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: attributes.get(`${queue.redrive.queue}.Arn`),
        maxReceiveCount: queue.redrive.maxReceiveCount,
      }),
    }
    const { url, arn } = await createQueue(clients.sqs, endpoints.sqs, queue.name, {
      VisibilityTimeout: String(queue.visibilitySeconds),
      ...queue.attributes,
      ...redrive,
    })
    attributes.set(queue.id, url).set(`${queue.id}.QueueUrl`, url)
    attributes.set(`${queue.id}.Arn`, arn).set(`${queue.id}.QueueName`, queue.name)
  }
  for (const { id, name } of template.topics) {
    const { TopicArn = '' } = await clients.sns.send(new CreateTopicCommand({ Name: name }))
    attributes.set(id, TopicArn).set(`${id}.TopicArn`, TopicArn).set(`${id}.TopicName`, name)
  }
  for (const { id, create } of template.tables) {
    attributes.set(id, create.TableName).set(`${id}.Arn`, await createTable(clients.dynamodb, create))
  }
  return attributes
}

/**
 * Creates a queue and gives its ARN and its URL at `origin`.
 *
 * Emulators make up the host of a queue URL (fauxqs: `sqs.us-east-1.localhost`, which does not resolve everywhere), and the
 * SDK sends to that host, so the URL is moved to the origin that is known to answer.
 */
export async function createQueue(
  sqs: SQSClient,
  origin: string,
  name: string,
  attributes: Record<string, string>,
): Promise<{ url: string; arn: string }> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
  const url = `${origin}${new URL(QueueUrl).pathname}`
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }))
  return { url, arn: Attributes?.QueueArn ?? '' }
}

function deadLettersFirst(queues: Queue[]): Queue[] {
  const depth = (queue: Queue, seen: string[] = []): number => {
    if (seen.includes(queue.id)) throw new Error(`${queue.id}: its dead letters come back to it`)
    const next = queues.find(({ id }) => id === queue.redrive?.queue)
    return next ? 1 + depth(next, [...seen, queue.id]) : 0
  }
  return queues.toSorted((a, b) => depth(a) - depth(b))
}

/** A table that is there already is kept with what it holds: it is the one thing that survives a restart. */
async function createTable(dynamodb: DynamoDBClient, create: Table['create']): Promise<string> {
  await dynamodb.send(new CreateTableCommand(create)).catch((error: unknown) => {
    if (!(error instanceof ResourceInUseException)) throw error
  })
  // 10 s: dynalite and DynamoDB Local need milliseconds, so more means that something is wrong.
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: create.TableName }))
    if (Table?.TableStatus === 'ACTIVE') return Table.TableArn ?? ''
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`create table ${create.TableName}: not active after 10 s`)
}
