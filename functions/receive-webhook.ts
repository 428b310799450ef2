import { readFileSync } from 'node:fs'
import middy from '@middy/core'
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { defaultRegions, readConfig, wholeEnvironment } from '../lib/aws/config.ts'
import { placesOf } from '../lib/aws/places.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { deadlineOf } from '../lib/aws/records.ts'
import { dynamoUnauthentic } from '../lib/aws/unauthentic.ts'
import { webhookSettings } from '../lib/aws/webhook-settings.ts'
import { parseRules } from '../lib/guard/read-rules.ts'
import { receiveWebhook } from '../lib/guard/receive.ts'
import { createFetchText } from '../lib/intake/fetch-text.ts'
import { notFound } from '../lib/intake/http/errors.ts'
import { deliveryOf, type HttpEvent } from '../lib/intake/http/http.ts'
import { problems } from '../lib/intake/http/problem.ts'
import { rationedLog } from '../lib/intake/http/rationed-log.ts'
import { SOURCES } from '../lib/intake/sources.ts'
import { SignatureError } from '../lib/intake/verify/signature-error.ts'
import { unauthenticCounter } from '../lib/runs/unauthentic.ts'

const config = readConfig('receive-webhook')
const ports = { ...recordPorts(config), refusePlace: placesOf(config).refusePlace }
const receiving = {
  ports,
  rules: parseRules(readFileSync(config.RULES_FILE, 'utf8'), config.RULES_FILE),
  regions: defaultRegions(config),
  settings: webhookSettings(config.CREDENTIALS_SECRET, wholeEnvironment()),
}

// Strangers can cause these lines.
const log = rationedLog(ports)
const noteUnauthentic = unauthenticCounter({ ...ports, log, store: dynamoUnauthentic(config.RUNS_TABLE) })

/** Kept back for handing alarms on that there is no time to decide: 4,000 of them go in 16 rounds. */
const HAND_ON_MS = 3_000

const receive = async (event: HttpEvent, context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
  const name = event.pathParameters?.source ?? ''
  const source = SOURCES.get(name)
  if (!source) throw notFound('webhook source', name)
  const delivery = deliveryOf(event, ports.clock())
  const untilMs = deadlineOf(context) - HAND_ON_MS
  // The time that it may ask others is that of one delivery.
  const answered = receiveWebhook({ ...receiving, fetchText: createFetchText(), untilMs }, source, delivery)
  const { results, reply } = await answered.catch(async (error: unknown) => {
    const from = event.requestContext.http.sourceIp
    if (error instanceof SignatureError) await noteUnauthentic({ source: name, reason: error.message, from })
    throw error
  })
  // Senders that want an answer of their own want it with a 200.
  const statusCode = !source.reply && results.some(({ runs }) => runs) ? 202 : 200
  return { statusCode, headers: { 'content-type': reply.contentType }, body: reply.body }
}

/** A webhook: verified on its raw bytes, then read, then decided by the rules. */
export const handler = middy(receive).use(
  problems(
    (error, { pathParameters }: HttpEvent) =>
      log('error', 'receive-webhook failed', { source: pathParameters?.source, error: String(error) }),
    'webhook-id',
  ),
)
