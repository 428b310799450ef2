import { randomBytes } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { startDynamo } from './dynamo.ts'
import { startQueues } from './queues.ts'

/** SQS, SNS and DynamoDB, emulated or not. */
export interface Aws {
  endpoints: Endpoints
  region: string
  credentials: Credentials
  clients: Clients
  /** Of the names of all that is made: others may make theirs in the same place. */
  prefix: string
  /** It is gone when this process is: nothing needs to be deleted. */
  isEmulated: boolean
  close(): Promise<void>
}

/** One origin each, `http://host:port`. */
export interface Endpoints {
  sqs: string
  sns: string
  dynamodb: string
  /** The SQS that topics deliver to: the one beside SNS. */
  topicSqs: string
}

interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

export interface Clients {
  sqs: SQSClient
  sns: SNSClient
  dynamodb: DynamoDBClient
  topicSqs: SQSClient
}

export interface AwsOptions {
  /** `AWS_ENDPOINT_URL_SQS`, `_SNS` and `_DYNAMODB`: what answers there stands in for an emulator. With region and credentials. */
  environment?: Record<string, string | undefined>
  /** So many times as fast as real time the emulated queues delay. */
  speed?: number
}

export const LOCAL_REGION = 'us-east-1'

/** Emulators check no signature, but the SDK insists on having keys to sign with. */
const LOCAL: Pick<Aws, 'region' | 'credentials'> = {
  region: LOCAL_REGION,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
}

/** @throws {Error} before anything is started, where what is given does not work together */
export async function startAws({ environment = {}, speed = 1 }: AwsOptions = {}): Promise<Aws> {
  const given = givenEndpoints(environment)
  const isEmulated = Object.keys(given).length === 0
  if (!isEmulated && speed !== 1) throw new Error('only emulated queues go faster than real time')
  if (given.sns && !given.sqs)
    throw new Error('AWS_ENDPOINT_URL_SNS needs AWS_ENDPOINT_URL_SQS, where its topics deliver')

  const dynamodb = given.dynamodb ? undefined : await startDynamo()
  const queues = given.sqs && given.sns ? undefined : await startQueues(speed)
  const own = queues?.origin ?? ''
  const { sqs = own, sns = own } = given
  const topicSqs = given.sns ? sqs : own
  const endpoints = { sqs, sns, topicSqs, dynamodb: given.dynamodb ?? dynamodb?.origin ?? '' }
  // Emulators get none of an account that the environment happens to name.
  const { region, credentials } = isEmulated ? LOCAL : accountIn(environment)
  const base = { region, credentials }
  const clients: Clients = {
    sqs: new SQSClient({ ...base, endpoint: sqs }),
    sns: new SNSClient({ ...base, endpoint: sns }),
    dynamodb: new DynamoDBClient({ ...base, endpoint: endpoints.dynamodb }),
    topicSqs: new SQSClient({ ...base, endpoint: topicSqs }),
  }
  return {
    ...{ endpoints, region, credentials, clients, isEmulated },
    prefix: `sh-${randomBytes(3).toString('hex')}-`,
    close: async () => {
      for (const client of Object.values(clients)) client.destroy()
      await Promise.all([dynamodb?.close(), queues?.close()])
    },
  }
}

function givenEndpoints(environment: Record<string, string | undefined>): Partial<Endpoints> {
  const origin = (name: string): string | undefined => {
    const url = environment[`AWS_ENDPOINT_URL_${name}`]
    return url ? new URL(url).origin : undefined
  }
  const [sqs, sns, dynamodb] = ['SQS', 'SNS', 'DYNAMODB'].map(origin)
  return { ...(sqs && { sqs }), ...(sns && { sns }), ...(dynamodb && { dynamodb }) }
}

function accountIn(environment: Record<string, string | undefined>): typeof LOCAL {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = environment
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION || LOCAL_REGION
  if (!id || !secret) return { ...LOCAL, region }
  return {
    region,
    credentials: { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) },
  }
}
