import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { allPorts } from '../lib/aws/cloud-ports.ts'
import { readConfig } from '../lib/aws/config.ts'
import { eachRecord } from '../lib/aws/records.ts'
import { SubmitMessage } from '../lib/runs/messages.ts'
import { submit } from '../lib/runs/submit.ts'

const ports = allPorts(readConfig('submit-run'))

/** Submissions queue: sends each run to its provider, at most once. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(
  (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
    eachRecord(event, context, ports.log, (record, deadlineAtMs) =>
      submit(ports, SubmitMessage.parse(JSON.parse(record.body)), deadlineAtMs),
    ),
)
