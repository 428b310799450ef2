import { join } from 'node:path'
import { PublishCommand } from '@aws-sdk/client-sns'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import { documents, dynamoStore } from '../../lib/aws/store.ts'
import { jsonOf } from '../../lib/basics/json-of.ts'
import type { LocalQueueName } from '../../lib/local/sqlite/queue.ts'
import { startDeployed } from '../deployed/deployed.ts'
import type { HomeMachine, HomeOptions, LogLine } from './home.ts'

/** Their names in the template. */
const QUEUES: Record<LocalQueueName, string> = {
  submissions: 'SubmissionsQueue',
  polls: 'PollsQueue',
  alarms: 'AlarmsQueue',
  'submissions-dead-letters': 'SubmissionsDeadLetters',
  'polls-dead-letters': 'PollsDeadLetters',
  'alarms-dead-letters': 'AlarmDeadLetters',
}

/** The packaged functions. AWS is emulated, or is where `AWS_ENDPOINT_URL_*` say: there time passes as it does. */
export async function startOnAws({ dcs, emr, speed }: HomeOptions & { speed: number }): Promise<HomeMachine> {
  const root = join(import.meta.dirname, '../..')
  const isElsewhere = Object.keys(process.env).some((name) => name.startsWith('AWS_ENDPOINT_URL_'))
  const lines: LogLine[] = []
  const deployed = await startDeployed({
    ...{ root, dcs, emr, environment: process.env, speed: isElsewhere ? 1 : speed },
    onLog: ({ from, text }) => lines.push(lineOf(from, text)),
  })
  const { url, dataDir, webhooks, simulatedDcs, simulatedEmr, clock, resources, aws } = deployed
  const table = resources.get('RunsTable') ?? ''
  const alarmsTopic = resources.get('AlarmsTopic') ?? ''
  const db = documents(aws.clients.dynamodb)
  return {
    ...{ url, dataDir, webhooks, simulatedDcs, simulatedEmr, clock },
    told: deployed.outcomes,
    logLines: () => lines,
    everythingKept: async () => {
      const { Items = [], LastEvaluatedKey } = await db.send(
        new ScanCommand({ TableName: table, ConsistentRead: true }),
      )
      if (LastEvaluatedKey) throw new Error('there is more than one page')
      return [...Items, ...deployed.notifications].map((item) => JSON.stringify(item)).join('\n')
    },
    send: async (queue, MessageBody) => {
      const message = { QueueUrl: resources.get(QUEUES[queue]), MessageBody }
      return (await aws.clients.sqs.send(new SendMessageCommand(message))).MessageId ?? ''
    },
    nameOf: (queue) => QUEUES[queue],
    alarmsTopic: {
      account: alarmsTopic.split(':')[4] ?? '',
      publish: (Message) => aws.clients.sns.send(new PublishCommand({ TopicArn: alarmsTopic, Message })),
    },
    store: dynamoStore(table, db),
    close: deployed.close,
  }
}

/** Functions log JSON; what Node says of itself is none. */
function lineOf(from: string, text: string): LogLine {
  const json = jsonOf(text)
  return typeof json === 'object' && json !== null ? { from, message: text, ...json } : { from, message: text }
}
