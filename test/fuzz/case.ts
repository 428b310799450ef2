import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { FetchText, WebhookRequest } from '../../lib/sources/source.ts'
import { delivered } from '../sources/verify/schemes.ts'
import type { Door } from './doors.ts'
import { anyEdit, type Edit, withEdits } from './edits.ts'

/** One delivery, before it is made. Numbers count modulo what there is. */
export interface Case {
  door: number
  sample: number
  edits: Edit[]
  /** Instead of the UTF-8 of the payload: another encoding, or anything. */
  bytes: 'utf8' | 'utf16le' | 'latin1' | Uint8Array
  /** On the way. */
  packed: 'not' | 'gzip' | 'wrongly' | 'br'
  /** Who sends: the source; somebody with another secret; with none; with a signature that was seen under another body. */
  from: 'source' | 'other secret' | 'nobody' | 'other body'
  /** Rules want tickets approved. */
  approval: boolean
  /** What is read back by sources that ask. */
  fetched: { status: number; text: string }
}

const bytes: fc.Arbitrary<Case['bytes']> = fc.oneof(
  { weight: 30, arbitrary: fc.constant('utf8' as const) },
  { weight: 1, arbitrary: fc.constantFrom('utf16le' as const, 'latin1' as const) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
)

export const anyCase: fc.Arbitrary<Case> = fc.record({
  door: fc.nat(999),
  sample: fc.nat(999),
  edits: fc.array(anyEdit, { maxLength: 4 }),
  bytes,
  packed: fc.oneof(
    { weight: 12, arbitrary: fc.constant('not' as const) },
    { weight: 2, arbitrary: fc.constant('gzip' as const) },
    { weight: 1, arbitrary: fc.constantFrom('wrongly' as const, 'br' as const) },
  ),
  from: fc.oneof(
    { weight: 12, arbitrary: fc.constant('source' as const) },
    { weight: 1, arbitrary: fc.constantFrom('other secret' as const, 'nobody' as const, 'other body' as const) },
  ),
  approval: fc.boolean(),
  fetched: fc.record({
    status: fc.constantFrom(200, 200, 404, 302, 500),
    text: fc.oneof(fc.json(), fc.string(), fc.constant('{"values":[{"finalDecision":"declined"}]}')),
  }),
})

export interface Made {
  door: Door
  delivery: WebhookRequest
  fetchText: FetchText
  /** Whether it comes from who may send it. */
  isAuthentic: boolean
}

export function madeOf(one: Case, doors: readonly Door[], atMs: number): Made {
  const made = plainOf(one, doors, atMs)
  return made.door.scheme ? { ...made, delivery: packedAs(one.packed, made.delivery) } : made
}

/** Whatever is in it, it is signed as it was. */
export function packedAs(packed: Case['packed'], delivery: WebhookRequest): WebhookRequest {
  if (packed === 'not') return delivery
  const headers = { ...delivery.headers, 'content-encoding': packed === 'br' ? 'br' : 'gzip' }
  return { ...delivery, headers, body: packed === 'gzip' ? gzipSync(delivery.body) : delivery.body }
}

function plainOf(one: Case, doors: readonly Door[], atMs: number): Made {
  const door = pick(doors, one.door)
  const sample = pick(door.samples, one.sample)
  const text = withEdits(sample, one.edits)
  const fetchText = async () => one.fetched
  if (!door.scheme) {
    const delivery = { method: 'POST', headers: {}, query: {}, body: bytesOf(text, one), atMs }
    return { door, delivery, fetchText, isAuthentic: true }
  }
  const { scheme } = door
  const [own, other] = scheme.secrets
  const secrets = [one.from === 'other secret' ? other : own]
  // SMN does not sign all of its body: what stands there may change, and is authentic.
  const isSeen = one.from === 'other body' && !('field' in scheme.proof)
  const signed =
    one.from === 'nobody' ? undefined : attempt(() => delivered(scheme, isSeen ? sample : text, { secrets, atMs }))
  if (!signed) {
    const delivery = { method: 'POST', headers: {}, query: {}, body: bytesOf(text, one), atMs }
    return { door, delivery, fetchText, isAuthentic: false }
  }
  const body = bytesOf(isSeen ? text : signed.body.toString(), one)
  const isSigned = !scheme.provesBody || body.equals(signed.body)
  return { door, delivery: { ...signed, body }, fetchText, isAuthentic: one.from !== 'other secret' && isSigned }
}

function bytesOf(text: string, { bytes }: Case): Buffer {
  return typeof bytes === 'string' ? Buffer.from(text, bytes) : Buffer.from(bytes)
}

export function pick<Item>(items: readonly Item[], number: number): Item {
  const item = items[number % items.length]
  if (item === undefined) throw new Error('there is none to pick from')
  return item
}

/** Some sources' senders read what they sign: what they cannot read, they would never send. */
export function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
