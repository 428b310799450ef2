import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { planPorts } from '../lib/aws/cloud-ports.ts'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { dynamoUnauthentic } from '../lib/aws/unauthentic.ts'
import { allowCaller } from '../lib/guard/allow.ts'
import { parseRules } from '../lib/guard/read-rules.ts'
import { apiHandler } from '../lib/intake/http/api.ts'

const config = readConfig('api')
const regions = defaultRegions(config)
const rules = parseRules(readFileSync(config.RULES_FILE, 'utf8'), config.RULES_FILE)

export const handler = apiHandler({
  ...planPorts(config),
  regions,
  allow: (request, who) => allowCaller(request, who, rules, regions),
  freshKey: randomUUID,
  sleep,
  listUnauthentic: dynamoUnauthentic(config.RUNS_TABLE).list,
})
