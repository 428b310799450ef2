import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { apiHandler } from '../lib/api/api.ts'
import type { HttpResult } from '../lib/api/http/http.ts'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { planPorts } from '../lib/aws/plan-ports.ts'
import { dynamoUnauthentic } from '../lib/aws/unauthentic.ts'
import { allowCaller } from '../lib/rules/allow.ts'
import { readCheckedRules } from '../lib/rules/checked-rules.ts'
import { guardsOf } from '../lib/rules/guards.ts'

const config = readConfig('api')
const regions = defaultRegions(config)
const rules = readCheckedRules(config.RULES_FILE)

/** The HTTP API of runs, episodes, limits, rules, pauses, dead letters, deliveries and the catalogue. */
export const handler = middy<APIGatewayProxyEventV2, HttpResult>().handler(
  apiHandler({
    ...planPorts(config),
    guards: guardsOf(rules),
    regions,
    allow: (request, who) => allowCaller(request, who, { rules, regions }),
    freshKey: randomUUID,
    deployment: { home: 'aws', access: 'iam', publicUrl: config.PUBLIC_URL },
    sleep,
    listUnauthentic: dynamoUnauthentic(config).list,
  }),
)
