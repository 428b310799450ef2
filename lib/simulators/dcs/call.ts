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

/** Fields that no client knows: every reader has to tolerate some. */
export const UNKNOWN_DCS_FIELDS = { simulated_extra: { revision: 7, labels: ['a', null] } }

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const STAMP = /^\d{14}$/
const JsonObject = z.record(z.string(), z.unknown())

/** The handler of a path with an `:instance`, which is looked up first. */
export function onInstance(handler: InstanceHandler): Handler {
  return (context, call) => {
    const found = instanceOf(context, call.params.instance ?? '')
    return 'delivery' in found ? found : handler(context, found, call)
  }
}

/** The instance, or the refusal of its id. */
export function instanceOf(context: DcsContext, id: string): DcsInstance | SimulatedAnswer {
  if (!UUID.test(id)) return dcsError('DCS.4061')
  return findInstance(context, id) ?? dcsError('DCS.3022')
}

/** The fields of a JSON body, or its refusal. Unknown fields are refused too: they are always somebody's mistake. */
export function fieldsOf(
  call: DcsCall,
  known: string[],
): { fields: Record<string, unknown> } | { refusal: SimulatedAnswer } {
  if (call.body.length === 0) return { refusal: dcsError('DCS.4004') }
  const parsed = JsonObject.safeParse(jsonOrUndefined(call.body))
  const isKnown = parsed.success && Object.keys(parsed.data).every((name) => known.includes(name))
  return isKnown ? { fields: parsed.data } : { refusal: dcsError('DCS.4005') }
}

/** The wanted page of a list, or the refusal of its bounds. Documented: limit 1–1000, 10 unless given. */
export function pageOf<T>(items: T[], query: URLSearchParams): { page: T[] } | { refusal: SimulatedAnswer } {
  const offset = Number(query.get('offset') ?? 0)
  const limit = Number(query.get('limit') ?? 10)
  const isValid = Number.isInteger(offset) && offset >= 0 && Number.isInteger(limit) && limit >= 1 && limit <= 1000
  if (!isValid) return { refusal: dcsError('DCS.4062', { message: 'Invalid offset or limit parameter.' }) }
  return { page: items.slice(offset, offset + limit) }
}

/** Whether a time lies within two query parameters, each UTC `yyyyMMddHHmmss` and optional; or the refusal of their form. */
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
