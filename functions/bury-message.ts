import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { readConfig } from '../lib/aws/config.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { deliveredIn, eachRecord, senderOf } from '../lib/aws/sqs-batch.ts'
import { keepDeadLetter } from '../lib/dead-letters/keep.ts'

const config = readConfig('bury-message')
const ports = recordPorts(config)

/** Dead-letter queues: stores each message, notes it in its run, and notifies people. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(
  (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
    eachRecord({ event, context, ports }, async (record) =>
      keepDeadLetter(ports, { ...deliveredIn(record), from: senderOf(record, config) }),
    ),
)
