import { throwFailures } from '../basics/parallel.ts'
import { boundedResults } from '../deliveries/bounded-results.ts'
import { deliveryIdOf, type Incoming, newDelivery, resultViewOf } from '../deliveries/delivery.ts'
import { BodyError, checkSize, MAX_WEBHOOK_BYTES, parseStrictJson } from '../http/body.ts'
import { unpackedBody } from '../http/content-encoding.ts'
import type { Result } from '../runs/delivery.ts'
import { KeyReusedError, NotAllowedError, RequestError } from '../runs/request-error.ts'
import { authenticate } from './authenticate.ts'
import type { ApprovalDenial, ReceiveContext } from './decide.ts'
import { decideAll } from './decide-all.ts'
import { handOn } from './hand-on.ts'
import type { FindSettings } from './settings.ts'
import type {
  AuthenticRequest,
  DeliveryItem,
  FetchText,
  WebhookReply,
  WebhookRequest,
  WebhookSource,
} from './source.ts'
import { writtenJson } from './written-json.ts'

/** Dependencies of receiving a webhook. */
export interface WebhookContext extends ReceiveContext {
  settings: FindSettings
  fetchText: FetchText
  /** No alarm is started after this time (epoch ms); the remaining ones are handed on to the alarms queue. */
  untilMs?: number
}

/**
 * Receives a webhook: verifies the raw bytes, reads them, lets the rules decide, and records the delivery.
 * @returns the result of each item, and the response body
 * @throws {SignatureError | BodyError | NotConfiguredError | UnreachableError} and nothing was done; also errors of `decide`
 */
export async function receiveWebhook(
  context: WebhookContext,
  source: WebhookSource,
  request: WebhookRequest,
): Promise<{ results: Result[]; reply: WebhookReply }> {
  const unpacked = await unpackedBody(request, MAX_WEBHOOK_BYTES)
  const authentic = await authenticate(context, source, { request, unpacked })
  try {
    if ('refused' in unpacked) throw unpacked.refused
    checkSize(unpacked.body, MAX_WEBHOOK_BYTES)
    return await receiveAuthentic(context, source, authentic)
  } catch (error) {
    // An authentic delivery that is rejected is recorded with the reason.
    if (isSenders(error)) await keepRefused(context, incomingOf(source, authentic), error)
    throw error
  }
}

async function receiveAuthentic(
  context: WebhookContext,
  source: WebhookSource,
  request: AuthenticRequest,
): Promise<{ results: Result[]; reply: WebhookReply }> {
  const { fetchText, untilMs } = context
  const { settings, body } = request
  const payload = source.parse ? source.parse(body) : parseStrictJson(body)
  const items = await source.read(payload, request, fetchText)
  const approvalDenial: ApprovalDenial | undefined =
    source.approvalDenial &&
    (async (ticket, paths, fresh) => source.approvalDenial?.({ ticket, paths, ...fresh }, settings, fetchText))
  const { left, failures, ...decided } = await decideAll(context, items, {
    approvalDenial,
    ...(untilMs === undefined ? {} : { untilMs }),
  })
  const incoming = incomingOf(source, request)
  if (left.length > 0) await handOn(context.ports, { source: source.name, delivery: deliveryIdOf(incoming) }, left)
  throwFailures(failures)
  const handedOn = left.length > 0 ? [{ subject: source.name, handedOn: left.length }] : []
  const results = boundedResults([...decided.results, ...handedOn], source.name)
  await keep(context, incoming, results)
  const reply = source.reply?.(payload, results, settings) ?? resultsAsJson(results)
  return { results, reply }
}

function resultsAsJson(results: Result[]): WebhookReply {
  return { contentType: 'application/json', body: JSON.stringify({ results: results.map(resultViewOf) }) }
}

function incomingOf({ name, identifiedBy = 'body' }: WebhookSource, { deliveryId, body }: AuthenticRequest): Incoming {
  return { source: name, deliveryId, body, identifiedBy }
}

const SENDER_ERRORS = [BodyError, RequestError, KeyReusedError, NotAllowedError]

/** Whether the sender caused the error, or one of several. A retry that is accepted replaces the record. */
function isSenders(error: unknown): error is Error {
  if (error instanceof AggregateError) return error.errors.some(isSenders)
  return SENDER_ERRORS.some((kind) => error instanceof kind)
}

/** Senders do not retry after these, and few show them to anybody, so people are notified. */
const UNREAD: readonly number[] = [413, 415]

async function keepRefused(context: ReceiveContext, incoming: Incoming, error: Error): Promise<void> {
  const { ports } = context
  const { source, deliveryId: subject = source } = incoming
  const reason = error.message
  if (error instanceof BodyError && UNREAD.includes(error.status)) {
    const at = new Date(ports.clock()).toISOString()
    await ports.publisher.requestRefused({ source, key: deliveryIdOf(incoming), subject, reason, at })
  }
  await keep(context, incoming, [{ subject, refused: reason }])
}

/** An event of EventBridge, SNS or a queue, and the items read from it. */
interface ReceivedEvent {
  source: string
  event: unknown
  items: DeliveryItem[]
}

/** Receives an event that came through AWS, which has proven the caller. */
export async function receiveEvent(context: ReceiveContext, received: ReceivedEvent): Promise<Result[]> {
  const { source, event, items } = received
  const { failures, ...decided } = await decideAll(context, items)
  throwFailures(failures)
  const results = boundedResults(decided.results, source)
  await keep(context, { source, body: Buffer.from(writtenJson(event) ?? ''), identifiedBy: 'body' }, results)
  return results
}

/** Logs a failed write instead of throwing: the runs are the truth, and a missing record is no reason for another delivery. */
async function keep({ ports }: ReceiveContext, incoming: Incoming, results: Result[]): Promise<void> {
  const record = newDelivery(incoming, results, ports.clock())
  const { source, deliveryId } = incoming
  ports.log('info', 'delivery received', { source, delivery: record.id, deliveryId, results: record.results })
  try {
    await ports.store.keepDelivery(record)
  } catch (error) {
    ports.log('warn', 'delivery not recorded', { source, delivery: record.id, error: String(error) })
  }
}
