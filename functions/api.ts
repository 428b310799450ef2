import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { apiHandler } from '../lib/api/api.ts'
import type { HttpResult } from '../lib/api/http/http.ts'
import { planPorts } from '../lib/aws/cloud-ports.ts'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { dynamoUnauthentic } from '../lib/aws/unauthentic.ts'
import { allowCaller } from '../lib/rules/allow.ts'
import { parseRules } from '../lib/rules/read-rules.ts'

const config = readConfig('api')
const regions = defaultRegions(config)
const rules = parseRules(readFileSync(config.RULES_FILE, 'utf8'), config.RULES_FILE)

/** The HTTP API of runs, limits, dead letters, deliveries and the catalogue. */
export const handler = middy<APIGatewayProxyEventV2, HttpResult>().handler(
  apiHandler({
    ...planPorts(config),
    regions,
    allow: (request, who) => allowCaller(request, who, { rules, regions }),
    freshKey: randomUUID,
    deployment: { home: 'aws', access: 'iam', publicUrl: config.PUBLIC_URL },
    sleep,
    listUnauthentic: dynamoUnauthentic(config).list,
  }),
)
