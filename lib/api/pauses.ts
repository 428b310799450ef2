import * as z from 'zod'
import { issueAt, issuesOf } from '../basics/field-issues.ts'
import { didYouMean } from '../basics/nearest.ts'
import { sha256 } from '../basics/sha256.ts'
import { Reason } from '../runs/accept/request-body.ts'
import { addPause, endPause, MAX_PAUSES, PAUSE_ID, PAUSE_SCOPES, Pause, pausesInForce } from '../runs/guards/pauses.ts'
import { DEFAULT_GUARDS, type GuardSettings } from '../runs/guards/settings.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { KeyReusedError, RequestError } from '../runs/request-error.ts'
import { CATALOGUE } from '../services/catalogue.ts'
import { callerOf, keyScopeOf } from './caller.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from './http/http.ts'
import { readJson } from './http/read-json.ts'
import { NoQuery } from './parameters.ts'
import { notFound } from './problems/errors.ts'
import { keyOf } from './runs/run-request.ts'

export const PauseList = z.object({ pauses: z.array(Pause).describe('The pauses in force, oldest first') })

/** The body of a request for a pause. */
export const PauseBody = z.strictObject({
  scope: z
    .string()
    .min(1)
    .max(200)
    .describe('`all`, or `rule:<name>`, `group:<name>`, `resource:<resource>`, `operation:<name>`'),
  reason: Reason.min(1).describe('Why'),
  until: z.iso
    .datetime({ offset: true, error: 'must be an instant such as 2026-01-01T00:00:00Z' })
    .optional()
    .describe('When it lapses, 30 days ahead at most; without it a person must end it'),
})
type PauseBody = z.infer<typeof PauseBody>

interface PausePorts extends RecordPorts {
  freshKey: () => string
}

/** `GET /pauses`. */
export async function listPauses(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  readQuery(NoQuery, event.queryStringParameters)
  return jsonResult(200, { pauses: (await pausesInForce(ports)).map(viewOf) })
}

/** `POST /pauses`. The same key is the same pause while that is in force. */
export async function createPause(ports: PausePorts, event: HttpEvent): Promise<HttpResult> {
  const wanted = requestIn(await readJson(event, '{scope, reason}'), ports)
  const header = event.headers['idempotency-key']
  const key = header === undefined ? ports.freshKey() : keyOf(header)
  const id = `pause_${sha256(JSON.stringify([keyScopeOf(event), key])).slice(0, 16)}`
  const known = (await pausesInForce(ports)).find((one) => one.id === id)
  const by = callerOf(event)
  const pause = known ?? (await addPause(ports, { id, by, ...wanted }))
  if (!pause) throw wrong('scope', `there are ${MAX_PAUSES} pauses in force, which is the most: end some first`)
  if (pause.scope !== wanted.scope || pause.reason !== wanted.reason || pause.until !== wanted.until) {
    throw new KeyReusedError('this key was used for another pause')
  }
  if (known) return jsonResult(200, viewOf(known), { 'idempotency-replayed': 'true' })
  ports.log('warn', 'pause began', { id, by, ...wanted })
  return jsonResult(201, viewOf(pause))
}

/** `DELETE /pauses/{id}`. */
export async function deletePause(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const { id = '' } = event.pathParameters ?? {}
  const by = callerOf(event)
  const ended = PAUSE_ID.test(id) ? await endPause(ports, id, by) : undefined
  if (!ended) throw notFound('pause', id, '; it may have lapsed')
  ports.log('warn', 'pause ended', { id, by, scope: ended.scope })
  return jsonResult(200, viewOf(ended))
}

function viewOf({ id, scope, reason, by, from, until, usedAt }: Pause): Pause {
  return { id, scope, reason, by, from, ...(until ? { until } : {}), ...(usedAt ? { usedAt } : {}) }
}

/** A pause that is forgotten must not stop everything for ever. */
const MAX_MS = 30 * 24 * 3600 * 1000

/** @throws {RequestError} naming the field */
function requestIn(body: unknown, { guards = DEFAULT_GUARDS, clock }: RecordPorts): PauseBody {
  const parsed = PauseBody.safeParse(body)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const { scope: given, reason, until } = parsed.data
  // Resources are stored in lower case.
  const scope = given.startsWith('resource:') ? given.toLowerCase() : given
  const fault = scopeFault(scope, guards)
  if (fault) throw wrong('scope', fault)
  if (until === undefined) return { scope, reason }
  const untilMs = Date.parse(until)
  if (!(untilMs > clock())) throw wrong('until', 'must be in the future')
  if (untilMs > clock() + MAX_MS) throw wrong('until', 'must be 30 days ahead at most')
  return { scope, reason, until: new Date(untilMs).toISOString() }
}

/** What is wrong with a scope: a pause of something that does not exist would stop nothing. */
function scopeFault(scope: string, guards: GuardSettings): string | undefined {
  if (scope === 'all') return undefined
  const [kind = '', ...rest] = scope.split(':')
  const name = rest.join(':')
  if (kind === 'resource') return isResource(name) ? undefined : `must be such as resource:huawei/dcs/<instance id>`
  const known = new Map([
    ['rule', guards.ruleNames ?? Object.keys(guards.rules)],
    ['group', Object.keys(guards.groups)],
    ['operation', [...CATALOGUE.keys()]],
  ]).get(kind)
  if (!known) return `must be all, or begin with ${PAUSE_SCOPES.map((one) => `${one}:`).join(', ')}`
  return known.includes(name) ? undefined : didYouMean(name, known)
}

/** Only clouds and services of the catalogue have resources. */
const SERVICE_PATHS = new Set([...CATALOGUE.values()].map(({ service }) => `${service.provider}/${service.name}`))

function isResource(name: string): boolean {
  const [cloud, service, id, ...more] = name.split('/')
  return SERVICE_PATHS.has(`${cloud}/${service}`) && /^\S+$/.test(id ?? '') && more.length === 0
}

function wrong(field: string, message: string): RequestError {
  return new RequestError([issueAt([field], message)])
}
