import { createHash, createHmac } from 'node:crypto'
import { expect, onTestFinished } from 'vitest'
import { SEED_CLUSTERS } from '../../../lib/simulators/emr/seeds.ts'
import { type EmrOptions, type SimulatedEmr, startSimulatedEmr } from '../../../lib/simulators/emr.ts'
import { withoutExtras } from '../server/without-extras.ts'

/** A different time for each operation, so that tests can tell them apart. */
const WORK_MS = {
  beforeBusy: 500,
  timeWaitSecond: 10,
  StartService: 5_000,
  StopService: 4_000,
  RestartService: 6_000,
  StartMonitor: 3_000,
  StopMonitor: 2_000,
}

/** A whole second: X-TC-Timestamp has no fractions. */
export const START_MS = Date.parse('2025-01-02T03:04:05Z')
/** The last restart of the seeds: a day before, in UTC+8. */
export const SEEDED = '2025-01-01 11:04:05'
export const [WAREHOUSE, EVENTS, FINANCE, LAB] = SEED_CLUSTERS.map((seed) => seed.id) as [
  string,
  string,
  string,
  string,
]
export const REQUEST_ID = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)

export interface Sent {
  secretId?: string
  secretKey?: string
  timestampMs?: number
  /** The date or service of the credential scope. */
  date?: string
  service?: string
  /** Signed instead of the Host that is sent. */
  host?: string
  region?: string
  version?: string
  contentType?: string
  method?: string
  path?: string
  /** Signed besides content type and host. */
  signedHeaders?: Record<string, string>
  /** Sent, unsigned, over all others; `undefined` leaves one out. */
  headers?: Record<string, string | undefined>
  /** Signed in this order instead. */
  signedNames?: string[]
  /** Sent and signed as it stands. */
  rawBody?: string | Buffer
  /** Sent instead of the body that was signed. */
  sentBody?: string | Buffer
  signal?: AbortSignal | undefined
}

/** A simulator with a clock that the test moves, and a client that signs by itself. */
export async function startEmr(options: EmrOptions = {}, startMs = START_MS) {
  const clock = { ms: startMs }
  const emr = await startSimulatedEmr({ now: () => clock.ms, ...options, workMs: { ...WORK_MS, ...options.workMs } })
  onTestFinished(() => emr.close())
  const send = (action: string, body: unknown, sent: Sent = {}) =>
    sendSigned(emr, action, body, { timestampMs: clock.ms, ...sent })
  /** The content of the envelope, without the request id and the extra fields that only test tolerance. */
  const ask = async (action: string, body: unknown, sent: Sent = {}): Promise<Record<string, unknown>> => {
    const { Response } = (await (await send(action, body, sent)).json()) as { Response: Record<string, unknown> }
    const { RequestId, ...fields } = withoutExtras(Response, 'SimulatedExtra') as Record<string, unknown>
    expect(RequestId).toEqual(REQUEST_ID)
    return fields
  }
  const operate = (OpType: string, InstanceId: string, scope: string[], more: object = {}, sent: Sent = {}) =>
    ask('StartStopServiceOrMonitor', order(OpType, InstanceId, scope, more), sent)
  return { emr, clock, send, ask, operate, advance: (ms: number) => (clock.ms += ms) }
}

export type Started = Awaited<ReturnType<typeof startEmr>>

/** The body of an operation; a scope is `HDFS`, `HDFS/NameNode` or `HDFS/NameNode@ip`. */
export function order(OpType: string, InstanceId: string, scope: string[], more: object = {}) {
  const ServiceInfoList = scope.map((text) => {
    const [, ServiceName, ComponentName, ip] = /^([^/]+)(?:\/([^@]+))?(?:@(.+))?$/.exec(text) ?? []
    const component = { ComponentName, ...(ip === undefined ? {} : { IpList: [ip] }) }
    return { ServiceName, ...(ComponentName === undefined ? {} : { ComponentInfoList: [component] }) }
  })
  const strategy = OpType === 'RestartService' ? { StrategyConfig: { RollingRestartSwitch: 0 } } : {}
  return { InstanceId, OpType, OpScope: { ServiceInfoList }, ...strategy, ...more }
}

export const errorOf = (Code: string) => ({ Error: { Code, Message: expect.any(String) } })

export async function statusOf({ ask }: Started, id: string): Promise<number | undefined> {
  const body = { DisplayStrategy: 'clusterList', InstanceIds: [id], ProjectId: -1 }
  const { ClusterList } = (await ask('DescribeInstances', body)) as { ClusterList: { Status: number }[] }
  return ClusterList[0]?.Status
}

export interface ShownProcess {
  Ip: string
  NodeName: string
  LastRestartTime: string
  [field: string]: unknown
}

export async function processesOf({ ask }: Started, id: string, service: string, filters: object = {}) {
  const body = { InstanceId: id, ServiceName: service, Limit: 999, ...filters }
  const { ServiceNodeList } = await ask('DescribeServiceNodeInfos', body)
  return ServiceNodeList as ShownProcess[]
}

/** The processes that a filter lets through, as `NameNode@172.16.114.126`. */
export async function namesOf(started: Started, id: string, service: string, filters: object = {}) {
  return (await processesOf(started, id, service, filters)).map(({ NodeName, Ip }) => `${NodeName}@${Ip}`)
}

function sendSigned(emr: SimulatedEmr, action: string, body: unknown, sent: Sent): Promise<Response> {
  const { method = 'POST', contentType = 'application/json', signedHeaders = {} } = sent
  const payload = sent.rawBody ?? JSON.stringify(body)
  const timestamp = String(Math.floor((sent.timestampMs ?? Date.now()) / 1000))
  const signed = { 'content-type': contentType, host: sent.host ?? new URL(emr.url).host, ...signedHeaders }
  const headers: Record<string, string | undefined> = {
    'content-type': contentType,
    ...signedHeaders,
    'x-tc-action': action,
    'x-tc-version': sent.version ?? '2019-01-03',
    'x-tc-region': sent.region ?? 'ap-guangzhou',
    'x-tc-timestamp': timestamp,
    authorization: authorizationOf(emr, method, timestamp, signed, payload, sent),
    ...sent.headers,
  }
  return fetch(`${emr.url}${sent.path ?? '/'}`, {
    method,
    redirect: 'manual',
    headers: Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ...(method === 'GET' ? {} : { body: sent.sentBody ?? payload }),
    ...(sent.signal ? { signal: sent.signal } : {}),
  })
}

function authorizationOf(
  emr: SimulatedEmr,
  method: string,
  timestamp: string,
  signed: Record<string, string>,
  payload: string | Buffer,
  sent: Sent,
): string {
  const { secretId = emr.credentials.secretId, secretKey = emr.credentials.secretKey, service = 'emr' } = sent
  const { date = new Date(Number(timestamp) * 1000).toISOString().slice(0, 10) } = sent
  const names = sent.signedNames ?? Object.keys(signed).sort()
  const lines = names.map((name) => `${name}:${signed[name]?.trim().toLowerCase()}\n`).join('')
  const canonical = [method, '/', '', lines, names.join(';'), sha256(method === 'GET' ? '' : payload)].join('\n')
  const text = ['TC3-HMAC-SHA256', timestamp, `${date}/${service}/tc3_request`, sha256(canonical)].join('\n')
  const key = hmac(hmac(hmac(`TC3${secretKey}`, date), service), 'tc3_request')
  const signature = hmac(key, text).toString('hex')
  return `TC3-HMAC-SHA256 Credential=${secretId}/${date}/${service}/tc3_request, SignedHeaders=${names.join(';')}, Signature=${signature}`
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()
