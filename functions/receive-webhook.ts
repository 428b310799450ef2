import { readFileSync } from 'node:fs'
import { defaultRegions, readConfig, wholeEnvironment } from '../lib/aws/config.ts'
import { placesOf } from '../lib/aws/places.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { dynamoUnauthentic } from '../lib/aws/unauthentic.ts'
import { webhookSettings } from '../lib/aws/webhook-settings.ts'
import { parseRules } from '../lib/guard/read-rules.ts'
import { webhookHandler } from '../lib/guard/webhooks.ts'

const config = readConfig('receive-webhook')

export const handler = webhookHandler({
  ports: { ...recordPorts(config), refusePlace: placesOf(config).refusePlace },
  rules: parseRules(readFileSync(config.RULES_FILE, 'utf8'), config.RULES_FILE),
  regions: defaultRegions(config),
  settings: webhookSettings(config.CREDENTIALS_SECRET, wholeEnvironment()),
  unauthentic: dynamoUnauthentic(config.RUNS_TABLE),
})
