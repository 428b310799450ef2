import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { jsonOf } from '../../basics/json-of.ts'
import { parseStrictJson } from '../../http/body.ts'
import { readAlarmEvent } from '../../sources/alarms/cloudwatch.ts'
import { own } from '../../sources/field-of.ts'
import { settingErrors } from '../../sources/settings.ts'
import type { DeliveryItem, WebhookSource } from '../../sources/source.ts'
import { SOURCES } from '../../sources/sources.ts'
import type { Environment } from '../cloud-settings.ts'
import { findSample, listSamples, SENDERS } from '../send/samples.ts'
import { movedToNow } from '../send/shift-times.ts'
import { type Console, UsageError } from './console.ts'
import { textOfFile } from './rule-file.ts'

/**
 * Finds an event: a file whose folder is the source's name, a sample as `npm run send` lists it, or `-` for the input.
 * @throws {UsageError | Error}
 */
export async function findEvent(
  console: Console,
  { event, source }: { event: string; source?: string | undefined },
): Promise<Pick<StoredEvent, 'source' | 'text'>> {
  if (source !== undefined && !SENDERS.includes(source))
    throw new UsageError(`${SAY_WHO}, not ${JSON.stringify(source)}`)
  if (event === '-') {
    if (source === undefined) throw new UsageError(`the input has no folder that says who sends it: ${SAY_WHO}`)
    return { source, text: await console.readInput() }
  }
  const isFile = source !== undefined || existsSync(resolve(console.root, event))
  const file = isFile ? event : `events/${findSample(listSamples(console.root), event)}.json`
  const folder = basename(dirname(resolve(console.root, file)))
  const sender = source ?? folder
  if (!SENDERS.includes(sender)) throw new UsageError(`${file}: its folder does not say who sends it: ${SAY_WHO}`)
  return { source: sender, text: textOfFile(console, file) }
}

const SAY_WHO = `--source takes one of ${SENDERS.join(', ')}`

/** One event as its source sends it. */
export interface StoredEvent {
  source: string
  text: string
  /** Stands for the sender's id of the delivery. */
  id: string
}

/** When an event arrives. `newest`: when the newest thing in it happened. */
export type Arrival = number | 'newest'

interface ReadEvent {
  items: DeliveryItem[]
  /** Epoch ms. */
  atMs: number
}

/**
 * Reads an event as its source would, without a proof of who sent it.
 * @throws {Error} where the source would refuse it
 */
export async function readEvent(
  { source: name, text, id }: StoredEvent,
  { arrival, nowMs, environment }: { arrival: Arrival; nowMs: number; environment: Environment },
): Promise<ReadEvent> {
  const source = SOURCES.get(name)
  const settings = source && settingsFor(source, text, environment)
  const zone = source?.zone?.(settings)
  const newestMs = (): number => wholeSeconds(nowMs) - movedToNow(text, wholeSeconds(nowMs), zone).byMs
  const atMs = arrival === 'newest' ? newestMs() : arrival
  const body = Buffer.from(text)
  if (!source) return { items: readAlarmEvent(parseStrictJson(body)), atMs }
  const payload = source.parse ? source.parse(body) : parseStrictJson(body)
  const headers = headersOf(source, { text, settings, id, atMs })
  const request = { method: 'POST', headers, query: {}, body, atMs, deliveryId: id, settings }
  return { items: await source.read(payload, request, noFetch), atMs }
}

/** Times are moved by whole seconds: the fraction of now must not show in them. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}

async function noFetch(url: URL): Promise<never> {
  throw new Error(`it asks for a request to ${url.host}, and none is sent from here`)
}

/** In the form of Standard Webhooks, which every scheme accepts. Nothing is verified with it. */
const STAND_IN = `whsec_${Buffer.alloc(32).toString('base64')}`

/** The settings of the environment, with others in the place of secrets and topics that it does not have. */
function settingsFor(source: WebhookSource, text: string, environment: Environment): unknown {
  const names = Object.keys(source.settings.shape)
  const given = names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : []))
  const secrets = names.filter((name) => /^WEBHOOK_.*_SECRETS$/.test(name)).map((name) => [name, STAND_IN])
  const topic = own(jsonOf(text), 'topic_urn')
  const parsed = source.settings.safeParse({
    ...Object.fromEntries(secrets),
    ...(typeof topic === 'string' ? { WEBHOOK_HUAWEI_TOPICS: topic } : { WEBHOOK_HUAWEI_TOPICS: NO_TOPIC }),
    ...Object.fromEntries(given),
  })
  if (parsed.success) return parsed.data
  throw new Error(`${source.name} cannot be read with these settings: ${settingErrors(parsed.error)}`)
}

const NO_TOPIC = 'urn:smn:none:none:none'

/** Some sources read more of what is signed: the headers are those of a signed delivery. */
function headersOf(
  source: WebhookSource,
  { text, settings, id, atMs }: { text: string; settings: unknown; id: string; atMs: number },
): Record<string, string> {
  try {
    return source.sign(text, settings, { id, atMs }).headers
  } catch {
    // Only SMN signs for SMN, and puts nothing into headers that is read.
    return {}
  }
}

/** The events of a text: one, those of a JSON array, or one a line. */
export function eventTexts(text: string): string[] {
  const whole = jsonOf(text)
  if (Array.isArray(whole)) return whole.map((one) => JSON.stringify(one))
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const areEvents = whole === undefined && lines.length > 1 && lines.every((line) => jsonOf(line) !== undefined)
  return areEvents ? lines : [text]
}
