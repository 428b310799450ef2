import { readFileSync } from 'node:fs'
import type { DeliveryItem, WebhookRequest, WebhookSource } from '../../lib/sources/source.ts'

// biome-ignore lint/suspicious/noExplicitAny: samples are changed at will
export type Sample = any

/** A sample of `events/`, as its source sends it. */
export function bytesOf(source: string, name: string): Buffer {
  return readFileSync(`${import.meta.dirname}/../../events/${source}/${name}.json`)
}

export function sampleOf(source: string, name: string): Sample {
  return JSON.parse(bytesOf(source, name).toString())
}

/** Fails a test that sends a request. */
export async function noWeb(url: URL): Promise<never> {
  throw new Error(`${url} was asked`)
}

/** @param sent the parts of the request that matter */
export function deliveryOf(sent: Partial<WebhookRequest>): WebhookRequest {
  return { method: 'POST', headers: {}, query: {}, body: Buffer.alloc(0), atMs: 0, ...sent }
}

/** The items of a payload, for a source that sends no requests. */
export function readBy<Settings>(
  source: WebhookSource<Settings>,
  payload: unknown,
  settings: Settings,
  { deliveryId, ...sent }: Partial<WebhookRequest> & { deliveryId?: string } = {},
): DeliveryItem[] {
  const items = source.read(payload, { ...deliveryOf(sent), deliveryId, settings }, noWeb)
  if (items instanceof Promise) throw new Error(`${source.name} does not answer at once`)
  return items
}

/** Every field of a document, with its holder and its name. */
export function placesIn(value: Sample): [holder: Sample, name: string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).flatMap((name) => [[value, name] as [Sample, string], ...placesIn(value[name])])
}
