import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { allPorts } from '../lib/aws/cloud-ports.ts'
import { readConfig } from '../lib/aws/config.ts'
import { deliveredIn, eachRecord } from '../lib/aws/sqs-batch.ts'
import { take } from '../lib/dead-letters/take.ts'
import { poll } from '../lib/runs/track/poll.ts'

const ports = allPorts(readConfig('poll-run'))

/** Polls queue: each message makes one observation, then sends the next message or ends the run. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(
  (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
    eachRecord({ event, context, ports }, (record, deadlineAtMs) =>
      take(ports, { from: 'polls', ...deliveredIn(record) }, (message) => poll(ports, message, deadlineAtMs)),
    ),
)
