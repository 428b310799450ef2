import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { readConfig } from '../lib/aws/config.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { readCheckedRules } from '../lib/rules/checked-rules.ts'
import { guardsOf } from '../lib/rules/guards.ts'
import { invocationDeadlineMs } from '../lib/runs/deadline.ts'
import { sweep } from '../lib/runs/sweep.ts'

const config = readConfig('sweep-runs')
const ports = { ...recordPorts(config), guards: guardsOf(readCheckedRules(config.RULES_FILE)) }

/** Every minute: continues the runs that have stopped moving. */
export const handler = middy().handler(
  async (_event: unknown, context: Context): Promise<{ rescued: number }> => ({
    rescued: await sweep(ports, invocationDeadlineMs(ports.clock, context)),
  }),
)
