import { throwFailures } from '../basics/parallel.ts'
import type { Lookup } from '../cloud/provider.ts'
import { boundedResults } from '../deliveries/bounded-results.ts'
import { deliveryIdOf, type IdentifiedBy, type Incoming, newDelivery } from '../deliveries/delivery.ts'
import { BodyError, checkSize, MAX_WEBHOOK_BYTES, parseStrictJson } from '../http/body.ts'
import { type Unpacked, unpackedBody } from '../http/content-encoding.ts'
import { KeyReusedError, NotAllowedError, RequestError } from '../runs/accept/request-error.ts'
import type { Result } from '../runs/delivery.ts'
import type { ApprovalDenial, ReceiveContext } from './decide.ts'
import { decideAll } from './decide-all.ts'
import { handOn } from './hand-on.ts'
import { type FindSettings, settingsOf } from './settings.ts'
import type { DeliveryItem, FetchText, WebhookReply, WebhookRequest, WebhookSource } from './source.ts'
import { SignatureError } from './verify/signature-error.ts'

/** What receiving a webhook needs. */
export interface WebhookContext extends ReceiveContext {
  settings: FindSettings
  fetchText: FetchText
  /** When no more alarms of a delivery are begun, and the rest is handed on (epoch ms). */
  untilMs?: number
}

/** A delivery that is proven. */
interface AuthenticRequest extends WebhookRequest {
  source: string
  identifiedBy: IdentifiedBy
  /** The sender's own id of it. */
  deliveryId: string | undefined
  settings: unknown
}

/**
 * Receives a webhook: verifies its raw bytes, reads it, lets the rules decide, keeps a record.
 * @returns what became of each thing that it tells of, and what is answered
 * @throws {SignatureError | BodyError | NotConfiguredError | UnreachableError} and nothing was done; what {@link decide} throws
 */
export async function receiveWebhook(
  receiving: WebhookContext,
  source: WebhookSource,
  delivery: WebhookRequest,
): Promise<{ results: Result[]; reply: WebhookReply }> {
  const unpacked = await unpackedBody(delivery)
  const authentic = await authenticate(receiving, source, delivery, unpacked)
  try {
    if ('refused' in unpacked) throw unpacked.refused
    checkSize(unpacked.body, MAX_WEBHOOK_BYTES)
    return await receiveAuthentic(receiving, source, authentic)
  } catch (error) {
    // Who may send, and sends what cannot be, hears it; that it was sent is written down.
    if (isSenders(error)) await keepRefused(receiving, authentic, error)
    throw error
  }
}

async function receiveAuthentic(
  receiving: WebhookContext,
  source: WebhookSource,
  delivery: AuthenticRequest,
): Promise<{ results: Result[]; reply: WebhookReply }> {
  const { fetchText, untilMs } = receiving
  const { settings, body } = delivery
  const payload = source.parse ? source.parse(body) : parseStrictJson(body)
  const reply = (results: Result[]): WebhookReply =>
    source.reply?.(payload, results, settings) ?? { contentType: 'application/json', body: JSON.stringify({ results }) }

  const readings = await source.read(payload, delivery, settings, fetchText)
  const approvalDenial: ApprovalDenial | undefined =
    source.approvalDenial &&
    ((...asked) => source.approvalDenial?.(...asked, settings, fetchText) ?? Promise.resolve(undefined))
  const { left, failures, ...decided } = await decideAll(receiving, readings, {
    approvalDenial,
    ...(untilMs === undefined ? {} : { untilMs }),
  })
  const id = deliveryIdOf(delivery)
  if (left.length > 0) await handOn(receiving.ports, { source: source.name, delivery: id }, left)
  throwFailures(failures)
  const handedOn = left.length > 0 ? [{ subject: source.name, handedOn: left.length }] : []
  const results = boundedResults([...decided.results, ...handedOn], source.name)
  await keep(receiving, delivery, results)
  return { results, reply: reply(results) }
}

const SENDERS = [BodyError, RequestError, KeyReusedError, NotAllowedError]

/** Sent again, it would be refused again. */
function isSenders(error: unknown): error is Error {
  if (error instanceof AggregateError) return error.errors.every(isSenders)
  return SENDERS.some((kind) => error instanceof kind)
}

/** No sender tries again after these, and few show them to anybody. */
const UNREAD: readonly number[] = [413, 415]

async function keepRefused(receiving: WebhookContext, delivery: AuthenticRequest, error: Error): Promise<void> {
  const { ports } = receiving
  const { source, deliveryId } = delivery
  const subject = deliveryId ?? source
  if (error instanceof BodyError && UNREAD.includes(error.status)) {
    const key = deliveryIdOf(delivery)
    await ports.publisher.requestRefused({
      ...{ source, key, subject, reason: error.message },
      at: new Date(ports.clock()).toISOString(),
    })
  }
  await keep(receiving, delivery, [{ subject, refused: error.message }])
}

/** Secrets that do not fit may just have been replaced: they are looked up once more. */
async function authenticate(
  { settings: find, fetchText }: WebhookContext,
  source: WebhookSource,
  delivery: WebhookRequest,
  unpacked: Unpacked,
): Promise<AuthenticRequest> {
  // Some sign what they send, others what they then pack: either proves what is read.
  const isPacked = 'body' in unpacked && unpacked.body !== delivery.body
  // Kept and known by what it is unpacked: anybody may pack it anew.
  const asRead = isPacked ? { body: unpacked.body } : {}
  const candidates = isPacked ? [delivery, { ...delivery, ...asRead }] : [delivery]
  const verified = async (lookup?: Lookup): Promise<AuthenticRequest> => {
    const settings = await settingsOf(source, find, lookup)
    const deliveryId = await firstProven(candidates, (one) => source.verify(one, settings, fetchText))
    return {
      ...delivery,
      ...asRead,
      source: source.name,
      identifiedBy: source.identifiedBy ?? 'body',
      settings,
      deliveryId,
    }
  }
  try {
    return await verified()
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error
    return verified({ refresh: true })
  }
}

/** @throws {SignatureError} of the last, where none is proven */
async function firstProven(
  candidates: WebhookRequest[],
  verify: (delivery: WebhookRequest) => string | undefined | Promise<string | undefined>,
): Promise<string | undefined> {
  let last: unknown
  for (const candidate of candidates) {
    try {
      return await verify(candidate)
    } catch (error) {
      if (!(error instanceof SignatureError)) throw error
      last = error
    }
  }
  throw last
}

/** What came by EventBridge, SNS or a queue: who called is proven by AWS. */
export async function receiveEvent(
  receiving: ReceiveContext,
  source: string,
  event: unknown,
  readings: DeliveryItem[],
): Promise<Result[]> {
  const { failures, ...decided } = await decideAll(receiving, readings)
  throwFailures(failures)
  const results = boundedResults(decided.results, source)
  await keep(receiving, { source, body: Buffer.from(writtenOut(event)), identifiedBy: 'body' }, results)
  return results
}

/** @returns '' where there is nothing, or it is nested so deep (thousands) that it can be read, but not written */
function writtenOut(event: unknown): string {
  try {
    return JSON.stringify(event) ?? ''
  } catch {
    return ''
  }
}

/** The runs are the truth; that there is no record of the delivery is no reason to have it sent again. */
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
