import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { HttpResult } from '../lib/api/http/http.ts'
import { webhookHandler } from '../lib/api/webhook.ts'
import { defaultRegions, readConfig, wholeEnvironment } from '../lib/aws/config.ts'
import { functionProviders } from '../lib/aws/function-providers.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { dynamoUnauthentic } from '../lib/aws/unauthentic.ts'
import { webhookSettings } from '../lib/aws/webhook-settings.ts'
import { readCheckedRules } from '../lib/rules/checked-rules.ts'
import { decidingBy } from '../lib/rules/decide.ts'
import { guardsOf } from '../lib/rules/guards.ts'

const config = readConfig('receive-webhook')
const rules = readCheckedRules(config.RULES_FILE)
const guards = guardsOf(rules)
const ports = { ...recordPorts(config), guards, checkLocation: functionProviders(config).checkLocation }

/** Webhooks: verifies the raw bytes, reads the event, decides by the rules. */
export const handler = middy<APIGatewayProxyEventV2, HttpResult>().handler(
  webhookHandler({
    ...decidingBy({ ports, rules, regions: defaultRegions(config) }),
    settings: webhookSettings(config.CREDENTIALS_SECRET, wholeEnvironment()),
    unauthentic: dynamoUnauthentic(config),
    publicUrl: config.PUBLIC_URL,
  }),
)
