import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { LOCAL_REGION } from '../template/intrinsics.ts'

/** Where SQS, SNS and DynamoDB answer: one origin each, `http://host:port`. */
export type Endpoints = { sqs: string; sns: string; dynamodb: string }

export type Clients = ReturnType<typeof localClients>

/** Emulators check no signature, but the SDK insists on having keys to sign with. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

/** SDK clients of the runtime itself. `topicSqs` is the SQS that the topics deliver to: the one beside SNS. */
export function localClients({ sqs, sns, dynamodb }: Endpoints) {
  const base = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS }
  const clients = {
    sqs: new SQSClient({ ...base, endpoint: sqs }),
    sns: new SNSClient({ ...base, endpoint: sns }),
    dynamodb: new DynamoDBClient({ ...base, endpoint: dynamodb }),
    topicSqs: new SQSClient({ ...base, endpoint: sns }),
  }
  return {
    ...clients,
    close() {
      for (const client of Object.values(clients)) client.destroy()
    },
  }
}
