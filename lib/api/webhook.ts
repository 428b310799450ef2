import type { Context } from 'aws-lambda'
import { type UnauthenticStore, unauthenticCounter } from '../deliveries/unauthentic.ts'
import { invocationDeadlineMs } from '../runs/deadline.ts'
import { createFetchText } from '../sources/fetch-text.ts'
import { type Receiving, receiveWebhook } from '../sources/receive.ts'
import { SOURCES } from '../sources/sources.ts'
import { SignatureError } from '../sources/verify/signature-error.ts'
import { notFound } from './errors.ts'
import { type HttpEvent, type HttpHandler, type HttpResult, webhookRequestOf } from './http.ts'
import { answeringProblems } from './problem.ts'
import { rationedLog } from './rationed-log.ts'

/** What is needed to receive the webhooks of all sources. */
export interface WebhookPorts extends Omit<Receiving, 'fetchText' | 'untilMs'> {
  unauthentic: UnauthenticStore
}

/** Kept back for handing alarms on that there is no time to decide: 4,000 of them go in 16 rounds. */
const HAND_ON_MS = 3_000

/** A webhook: verified on its raw bytes, then read, then decided by the rules. */
export function webhookHandler({ unauthentic, ...receiving }: WebhookPorts): HttpHandler {
  const { ports } = receiving
  // Strangers can cause these lines.
  const log = rationedLog(ports)
  const noteUnauthentic = unauthenticCounter({ ...ports, log, store: unauthentic })

  const receive = async (event: HttpEvent, context: Context): Promise<HttpResult> => {
    const name = event.pathParameters?.source ?? ''
    const source = SOURCES.get(name)
    if (!source) throw notFound('webhook source', name)
    const delivery = webhookRequestOf(event, ports.clock())
    const untilMs = invocationDeadlineMs(ports.clock, context) - HAND_ON_MS
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

  return answeringProblems(
    receive,
    (error, { pathParameters }) =>
      log('error', 'receive-webhook failed', { source: pathParameters?.source, error: String(error) }),
    'webhook-id',
  )
}
