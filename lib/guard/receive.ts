import { BodyError, parseJson } from '../intake/body.ts'
import { type FindSettings, settingsOf } from '../intake/settings.ts'
import type { Delivery, FetchText, Reading, Reply, WebhookSource } from '../intake/source.ts'
import { SignatureError } from '../intake/verify/signature-error.ts'
import { type Result, received } from '../runs/received.ts'
import { KeyReusedError, NotAllowedError, RequestError } from '../runs/request-error.ts'
import { type Deciding, decide, type Objection } from './decide.ts'

/** What is needed to receive webhooks, beside deciding. */
export interface Receiving extends Deciding {
  settings: FindSettings
  fetchText: FetchText
}

/**
 * Receives a webhook: verifies its raw bytes, reads it, lets the rules decide, keeps a record.
 * @returns what became of each thing that it tells of, and what is answered
 * @throws {SignatureError | BodyError | NotConfiguredError | UnreachableError} and nothing was done; what {@link decide} throws
 */
export async function receiveWebhook(
  receiving: Receiving,
  source: WebhookSource,
  delivery: Delivery,
): Promise<{ results: Result[]; reply: Reply }> {
  const { settings, deliveryId } = await authenticate(receiving, source, delivery)
  try {
    return await receiveAuthentic(receiving, source, { ...delivery, deliveryId }, settings)
  } catch (error) {
    // Who may send, and sends what cannot be, hears it; that it was sent is written down.
    if (isSenders(error)) {
      const results = [{ about: deliveryId ?? source.name, refused: error.message }]
      await keep(receiving, source.name, deliveryId, delivery.body, results)
    }
    throw error
  }
}

async function receiveAuthentic(
  receiving: Receiving,
  source: WebhookSource,
  delivery: Delivery & { deliveryId: string | undefined },
  settings: unknown,
): Promise<{ results: Result[]; reply: Reply }> {
  const { fetchText } = receiving
  const { deliveryId, body } = delivery
  const payload = source.parse ? source.parse(body) : parseJson(body)
  const reply = (results: Result[]): Reply =>
    source.reply?.(payload, results, settings) ?? { contentType: 'application/json', body: JSON.stringify({ results }) }

  const readings = await source.read(payload, delivery, settings, fetchText)
  const objection: Objection | undefined =
    source.objection &&
    ((ticket, paths) => source.objection?.(ticket, paths, settings, fetchText) ?? Promise.resolve(undefined))
  const results = await decideAll(receiving, readings, objection)
  await keep(receiving, source.name, deliveryId, body, results)
  return { results, reply: reply(results) }
}

const SENDERS = [BodyError, RequestError, KeyReusedError, NotAllowedError]

/** Sent again, it would be refused again. */
function isSenders(error: unknown): error is Error {
  return SENDERS.some((kind) => error instanceof kind)
}

/** Secrets that do not fit may just have been replaced: they are looked up once more. */
async function authenticate(
  { settings: find, fetchText }: Receiving,
  source: WebhookSource,
  delivery: Delivery,
): Promise<{ settings: unknown; deliveryId: string | undefined }> {
  const verified = async (renewed: boolean) => {
    const settings = await settingsOf(source, find, renewed)
    return { settings, deliveryId: await source.verify(delivery, settings, fetchText) }
  }
  try {
    return await verified(false)
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error
    return verified(true)
  }
}

/** So many at a time: a delivery may tell of a hundred alarms, and is to be answered in seconds. */
const WIDTH = 10

/** What came by EventBridge, SNS or a queue: who called is proven by AWS. */
export async function receiveEvent(
  deciding: Deciding,
  source: string,
  event: unknown,
  readings: Reading[],
): Promise<Result[]> {
  const results = await decideAll(deciding, readings)
  await keep(deciding, source, undefined, Buffer.from(writtenOut(event)), results)
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

/** All of them, also where one fails: it may fail again, and nothing goes on behind the answer, where Lambda would freeze it. */
async function decideAll(deciding: Deciding, readings: Reading[], objection?: Objection): Promise<Result[]> {
  const results: Result[] = []
  const failed: unknown[] = []
  for (let from = 0; from < readings.length; from += WIDTH) {
    const part = readings.slice(from, from + WIDTH).map((reading) => decide(deciding, reading, objection))
    for (const one of await Promise.allSettled(part)) {
      if (one.status === 'fulfilled') results.push(one.value)
      else failed.push(one.reason)
    }
  }
  if (failed.length > 0) throw failed[0]
  return results
}

/** The runs are the truth; that there is no record of the delivery is no reason to have it sent again. */
async function keep(
  { ports }: Deciding,
  source: string,
  deliveryId: string | undefined,
  body: Uint8Array,
  results: Result[],
): Promise<void> {
  const record = received(source, deliveryId, body, results, ports.clock())
  ports.log('info', 'delivery received', { source, delivery: record.id, deliveryId, results: record.results })
  try {
    await ports.store.keepReceived(record)
  } catch (error) {
    ports.log('warn', 'delivery not recorded', { source, delivery: record.id, error: String(error) })
  }
}
