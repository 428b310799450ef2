import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { allPorts } from '../lib/aws/cloud-ports.ts'
import { readConfig } from '../lib/aws/config.ts'
import { deliveredIn, eachRecord } from '../lib/aws/sqs-batch.ts'
import { take } from '../lib/dead-letters/take.ts'
import { readCheckedRules } from '../lib/rules/checked-rules.ts'
import { guardsOf } from '../lib/rules/guards.ts'
import { submit } from '../lib/runs/submit/submit.ts'

const config = readConfig('submit-run')
const ports = { ...allPorts(config), guards: guardsOf(readCheckedRules(config.RULES_FILE)) }

/** Submissions queue: sends each run to its provider, at most once. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(
  (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
    eachRecord({ event, context, ports }, (record, deadlineAtMs) =>
      take(ports, { from: 'submissions', ...deliveredIn(record) }, (message) => submit(ports, message, deadlineAtMs)),
    ),
)
