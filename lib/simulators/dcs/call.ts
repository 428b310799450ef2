import * as z from 'zod'
import type { SimulatedAnswer } from '../server/answer.ts'
import { jsonOrUndefined } from '../server/request.ts'
import { dcsError } from './answers.ts'
import { type DcsContext, findInstance } from './context.ts'
import type { DcsInstance } from './state.ts'

/** A request that has been authenticated and matched to a route. */
export interface DcsCall {
  params: Record<string, string>
  query: URLSearchParams
  body: Buffer
}

export type Handler = (context: DcsContext, call: DcsCall) => SimulatedAnswer
export type InstanceHandler = (context: DcsContext, instance: DcsInstance, call: DcsCall) => SimulatedAnswer

/** Clients must tolerate fields that they do not know. */
export const UNKNOWN_DCS_FIELDS = { simulated_extra: { revision: 7, labels: ['a', null] } }

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const STAMP = /^\d{14}$/
const JsonObject = z.record(z.string(), z.unknown())

/** Looks up the `:instance` of a path before its handler runs. */
export function onInstance(handler: InstanceHandler): Handler {
  return (context, call) => {
    const found = instanceOf(context, call.params.instance ?? '')
    return 'delivery' in found ? found : handler(context, found, call)
  }
}

/** @returns an error answer where the id is malformed or unknown */
export function instanceOf(context: DcsContext, id: string): DcsInstance | SimulatedAnswer {
  if (!UUID.test(id)) return dcsError('DCS.4061')
  return findInstance(context, id) ?? dcsError('DCS.3022')
}

/** The fields of a JSON body, or an error. Unknown fields are errors, too: they are always a client's mistake. */
export function fieldsOf(
  call: DcsCall,
  known: string[],
): { fields: Record<string, unknown> } | { refusal: SimulatedAnswer } {
  if (call.body.length === 0) return { refusal: dcsError('DCS.4004') }
  const parsed = JsonObject.safeParse(jsonOrUndefined(call.body))
  const isKnown = parsed.success && Object.keys(parsed.data).every((name) => known.includes(name))
  return isKnown ? { fields: parsed.data } : { refusal: dcsError('DCS.4005') }
}

/** The requested page of a list, or an error. Documented: limit 1–1000, 10 unless given. */
export function pageOf<T>(items: T[], query: URLSearchParams): { page: T[] } | { refusal: SimulatedAnswer } {
  const offset = Number(query.get('offset') ?? 0)
  const limit = Number(query.get('limit') ?? 10)
  const isValid = Number.isInteger(offset) && offset >= 0 && Number.isInteger(limit) && limit >= 1 && limit <= 1000
  if (!isValid) return { refusal: dcsError('DCS.4062', { message: 'Invalid offset or limit parameter.' }) }
  return { page: items.slice(offset, offset + limit) }
}

/** Reads a time window from two optional query parameters (UTC `yyyyMMddHHmmss`), or an error. */
export function windowOf(
  query: URLSearchParams,
  from: string,
  to: string,
): { isWithin: (atMs: number) => boolean } | { refusal: SimulatedAnswer } {
  const malformed = [from, to].find((name) => query.has(name) && !STAMP.test(query.get(name) ?? ''))
  if (malformed !== undefined) return { refusal: dcsError('DCS.4062', { message: `Invalid ${malformed} parameter.` }) }
  const [first, last] = [query.get(from) ?? '', query.get(to) ?? '9']
  return { isWithin: (atMs) => stampOf(atMs) >= first && stampOf(atMs) <= last }
}

function stampOf(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:T]|\..*/g, '')
}
