import type { Context } from 'aws-lambda'
import { type UnauthenticStore, unauthenticCounter } from '../deliveries/unauthentic.ts'
import { invocationDeadlineMs } from '../runs/deadline.ts'
import { createFetchText } from '../sources/fetch-text.ts'
import { receiveWebhook, type WebhookContext } from '../sources/receive.ts'
import { SOURCES } from '../sources/sources.ts'
import { DeliveryIdError, SignatureError } from '../sources/verify/signature-error.ts'
import { type HttpEvent, type HttpHandler, type HttpResult, webhookRequestOf } from './http/http.ts'
import { answeringProblems } from './problems/answering.ts'
import { MethodError, notFound } from './problems/errors.ts'
import { rationedLog } from './rationed-log.ts'
import { WEBHOOK_ROUTES } from './routes/webhooks.ts'
import { allowOf } from './routes.ts'

/** The ports that receive the webhooks of all sources. */
export interface WebhookPorts extends Omit<WebhookContext, 'fetchText' | 'untilMs'> {
  unauthentic: UnauthenticStore
  /** The address of the API, if it is configured. */
  publicUrl?: string | undefined
}

/** Reserved for handing on alarms that there is no time to decide: 4,000 of them take 16 rounds. */
const HAND_ON_MS = 3_000

const METHODS = /^(GET|HEAD|POST)$/
const ALLOW = allowOf(WEBHOOK_ROUTES, '/webhooks/{source}')

/** Receives webhooks: verifies the raw bytes, reads the event, decides by the rules. */
export function webhookHandler({ unauthentic, publicUrl, ...receiving }: WebhookPorts): HttpHandler {
  const { ports } = receiving
  // Strangers can cause these lines.
  const log = rationedLog(ports)
  const noteUnauthentic = unauthenticCounter({ ...ports, log, store: unauthentic })

  const receive = async (event: HttpEvent, context: Context): Promise<HttpResult> => {
    const name = event.pathParameters?.source ?? ''
    const source = SOURCES.get(name)
    if (!source) throw notFound('webhook source', name)
    const { method, sourceIp: from } = event.requestContext.http
    if (method === 'OPTIONS') return { statusCode: 204, headers: { allow: ALLOW } }
    if (!METHODS.test(method)) throw new MethodError(method, ALLOW)
    const delivery = webhookRequestOf(event, ports.clock())
    const untilMs = invocationDeadlineMs(ports.clock, context) - HAND_ON_MS
    // The time for requests to other systems is counted for each delivery.
    const answered = receiveWebhook({ ...receiving, fetchText: createFetchText(), untilMs }, source, delivery)
    const { results, reply } = await answered.catch(async (error: unknown) => {
      const isUnproven = error instanceof SignatureError || error instanceof DeliveryIdError
      if (isUnproven) await noteUnauthentic({ source: name, reason: error.message, from })
      throw error
    })
    // Senders that require a form of their own require status 200.
    const statusCode = !source.reply && results.some(({ runs }) => runs) ? 202 : 200
    return { statusCode, headers: { 'content-type': reply.contentType }, body: reply.body }
  }

  return answeringProblems(receive, {
    publicUrl,
    keyHeader: 'webhook-id',
    challengeOf,
    onProblem: ({ status, instance, name, detail }, error, { pathParameters }) => {
      const source = pathParameters?.source
      if (status >= 500) log('error', 'receive-webhook failed', { source, instance, error: String(error) })
      else log('info', 'webhook refused', { source, instance, type: name, status, detail })
    },
  })
}

/** The ways in which a source can prove itself. `Webhook` means a signature, as the page of the source says. */
function challengeOf({ pathParameters }: Partial<HttpEvent>): string {
  const { name = '', challenges = [] } = SOURCES.get(pathParameters?.source ?? '') ?? {}
  return [...challenges, 'Webhook'].map((scheme) => `${scheme} realm="webhooks/${name}"`).join(', ')
}
