import middy from '@middy/core'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { parseJson, rawBody } from '../lib/intake/body.ts'
import { accepted, type HttpEvent, json } from '../lib/intake/http/http.ts'
import { NotFoundError, problems } from '../lib/intake/http/problem.ts'
import { readGeneric } from '../lib/intake/tickets/generic.ts'
import { verifyStandardWebhook } from '../lib/intake/verify/standard-webhooks.ts'
import { acceptAny } from '../lib/runs/accept.ts'

const config = readConfig('receive-webhook')
const ports = recordPorts(config)

const receive = async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
  const source = event.pathParameters?.source
  if (source !== 'generic')
    throw new NotFoundError(`there is no webhook source ${JSON.stringify(source?.slice(0, 64))}`)
  const body = rawBody(event)
  const deliveryId = verifyStandardWebhook(event.headers, body, config.WEBHOOK_GENERIC_SECRETS, ports.clock())
  const read = readGeneric(parseJson(body), deliveryId)
  if ('ignored' in read) {
    ports.log('info', 'webhook ignored', { source, deliveryId, reason: read.ignored })
    return json(200, read)
  }
  return accepted(await acceptAny(ports, read.request, defaultRegions(config)))
}

/** A ticket system's webhook: verified on its raw bytes, then read, then accepted as a run. */
export const handler = middy(receive).use(
  problems((error) => ports.log('error', 'receive-webhook failed', { error: String(error) })),
)
