import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { readConfig } from '../lib/aws/config.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { eachRecord } from '../lib/aws/records.ts'
import { bury } from '../lib/runs/bury.ts'

const ports = recordPorts(readConfig('bury-message'))

/** Dead-letter queues: the run notes its lost message, and people are told. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(
  (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
    eachRecord(event, context, ports.log, ({ messageId, body, eventSourceARN }) =>
      bury(ports, { messageId, body, queue: eventSourceARN.split(':').at(-1) ?? eventSourceARN }),
    ),
)
