import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js'
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'
import { expect, onTestFinished } from 'vitest'
import { SEED_INSTANCES } from '../../../lib/simulators/dcs/seeds.ts'
import { type DcsOptions, type SimulatedDcs, startSimulatedDcs } from '../../../lib/simulators/dcs.ts'
import { withoutExtras } from '../server/without-extras.ts'

/** A different time for each kind of work, so that tests can tell them apart. */
const WORK_MS = { restart: 6_000, softRestart: 4_000, flush: 3_000, stop: 5_000, start: 5_000, switchover: 7_000 }

/** A whole second: X-Sdk-Date has no fractions. */
export const START_MS = Date.parse('2025-01-02T03:04:05Z')
export const [ORDERS, SESSIONS, CATALOG, LAB] = SEED_INSTANCES.map((seed) => seed.id) as [
  string,
  string,
  string,
  string,
]

export interface Sent {
  query?: Record<string, string | string[]>
  body?: unknown
  headers?: Record<string, string>
  /** Goes on the wire unsigned. */
  unsignedHeaders?: Record<string, string>
  ak?: string
  sk?: string
  dateMs?: number
  /** Sent instead of the body that was signed. */
  sentBody?: string | Buffer
  signal?: AbortSignal | undefined
}

/** A simulator with a clock that the test moves, and a client that signs as the official SDK does. */
export async function startDcs(options: DcsOptions = {}, startMs = START_MS) {
  const clock = { ms: startMs }
  const dcs = await startSimulatedDcs({ now: () => clock.ms, ...options, workMs: { ...WORK_MS, ...options.workMs } })
  onTestFinished(() => dcs.close())
  const send = (method: string, path: string, sent: Sent = {}) =>
    sendSigned(dcs, method, path, { dateMs: clock.ms, ...sent })
  /** Status and parsed body, without the extra fields that only test tolerance. */
  const ask = async (method: string, path: string, sent: Sent = {}) => {
    const response = await send(method, path, sent)
    const text = await response.text()
    return {
      status: response.status,
      body: text === '' ? undefined : withoutExtras(JSON.parse(text), 'simulated_extra'),
    }
  }
  return { dcs, clock, send, ask, advance: (ms: number) => (clock.ms += ms) }
}

type Started = Awaited<ReturnType<typeof startDcs>>

export const batch = (action: string, ...instances: string[]): Sent => ({ body: { instances, action } })
export const errorOf = (error_code: string) => expect.objectContaining({ error_code, error_ext_msg: null })

/** Type and status of each node. */
export async function nodesOf({ ask }: Started, id: string): Promise<[string, string][]> {
  const { body } = await ask('GET', `/instances/${id}/logical-nodes`)
  return (body as { nodes: { node_type: string; status: string }[] }).nodes.map((node) => [node.node_type, node.status])
}

export async function jobOf({ ask }: Started, path: string, sent: Sent = {}): Promise<string> {
  return ((await ask('PUT', path, sent)).body as { job_id: string }).job_id
}

/** Sends a request to `/v2/{project_id}` + path, signed by the official SDK core. */
async function sendSigned(dcs: SimulatedDcs, method: string, path: string, sent: Sent): Promise<Response> {
  const { ak, sk, projectId } = { ...dcs.credentials, ...pick(sent) }
  const target = `${dcs.url}${path.startsWith('/v') ? path : `/v2/${projectId}${path}`}`
  const signed: Record<string, string> = AKSKSigner.sign(
    {
      endpoint: target,
      method,
      headers: {
        'X-Sdk-Date': sdkDate(sent.dateMs ?? Date.now()),
        'X-Project-Id': projectId,
        ...contentType(sent),
        ...sent.headers,
      },
      queryParams: structuredClone(sent.query),
      data: sent.body,
    },
    new BasicCredentials({ ak, sk, projectId } as Partial<BasicCredentials>),
  )
  const body = sent.sentBody ?? (sent.body === undefined ? undefined : JSON.stringify(sent.body))
  return fetch(`${target}${queryOf(sent.query)}`, {
    method,
    headers: { ...signed, ...sent.unsignedHeaders },
    ...(body === undefined ? {} : { body }),
    redirect: 'manual',
    ...(sent.signal ? { signal: sent.signal } : {}),
  })
}

function sdkDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')
}

function pick({ ak, sk }: Sent) {
  return { ...(ak === undefined ? {} : { ak }), ...(sk === undefined ? {} : { sk }) }
}

function contentType(sent: Sent): Record<string, string> {
  return sent.body === undefined && sent.sentBody === undefined ? {} : { 'content-type': 'application/json' }
}

function queryOf(query: Sent['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => [value].flat().map((one) => [key, one] as const))
  const text = pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&')
  return text === '' ? '' : `?${text}`
}
