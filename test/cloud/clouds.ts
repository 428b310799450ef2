import { createHash, createHmac } from 'node:crypto'
import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js'
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'
import { onTestFinished } from 'vitest'
import * as z from 'zod'
import { type Call, type CallParts, createCall } from '../../lib/cloud/call.ts'
import { CloudError, type CloudErrorFacts } from '../../lib/cloud/errors.ts'
import { huaweiProvider } from '../../lib/cloud/huawei/provider.ts'
import { type Effect, type Operation, operation } from '../../lib/cloud/operation.ts'
import type { Provider } from '../../lib/cloud/provider.ts'
import { createSend } from '../../lib/cloud/send.ts'
import type { ProviderName } from '../../lib/cloud/service.ts'
import { tencentProvider } from '../../lib/cloud/tencent/provider.ts'
import { DCS } from '../../lib/services/dcs/service.ts'
import { EMR } from '../../lib/services/emr/service.ts'
import type { Arrived } from './servers.ts'

export const EFFECTS = ['read', 'idempotent', 'once'] as const satisfies Effect[]

/** Invented credentials; `{n}` distinguishes renewed ones. */
export const KEYS = { id: 'AKIDtest0000000000000', secret: 'SKtest/0000+0000000000', token: 'TOKENtest0000000000000' }

/** Differences between the clouds, for tests that hold for both. */
export interface Cloud {
  name: ProviderName
  provider(endpoint: string, keys?: Partial<typeof KEYS>, perSecond?: number): Provider
  /** The body of an answer that `thing` takes. */
  ok: string
  /** A refusal in the cloud's own shape. */
  refusal(code: string, message: string): string
  /** The status of refused credentials, and the code for a wrong clock. */
  expired: { status: number; code: string }
  /** The time in a request's signature (epoch ms). */
  signedAtMs(arrived: Arrived): number
  /** Computed from the request on the wire, without our signer. */
  signatureOf(arrived: Arrived, secret?: string): string
}

export const HUAWEI: Cloud = {
  name: 'huawei',
  provider: (endpoint, keys = {}, perSecond = 10_000) => {
    const { id, secret, token = '' } = { ...KEYS, token: '', ...keys }
    const credentials = { accessKey: id, secretKey: secret, securityToken: token, projectId: '0'.repeat(32) }
    return huaweiProvider(DCS, credentials, { region: 'cn-north-4', endpoint, perSecond })
  },
  ok: '{"ok":true}',
  refusal: (error_code, error_msg) => JSON.stringify({ error_code, error_msg }),
  expired: { status: 401, code: 'APIGW.0301' },
  signedAtMs: ({ headers }) => {
    const date = String(headers['x-sdk-date']).replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')
    return Date.parse(date)
  },
  signatureOf: ({ method, target, headers, body }, secret = KEYS.secret) => {
    const [path = '', query = ''] = target.split('?')
    const { 'x-sdk-date': date = '', authorization = '', host } = headers
    const names = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(';') ?? []
    const others = names.filter((name) => name !== 'host' && name !== 'x-sdk-date')
    const signed = AKSKSigner.sign(
      {
        // Unescaped: the official signer would escape an escape again.
        endpoint: `http://${host}${decodeURIComponent(path)}`,
        method,
        queryParams: Object.fromEntries(new URLSearchParams(query)),
        headers: { ...Object.fromEntries(others.map((name) => [name, headers[name]])), 'X-Sdk-Date': date },
        data: body.length > 0 ? JSON.parse(body.toString()) : '',
      },
      new BasicCredentials().withAk(KEYS.id).withSk(secret),
    )
    return String(new Map(Object.entries(signed)).get('Authorization')).replace(/.*Signature=/, '')
  },
}

export const TENCENT: Cloud = {
  name: 'tencent',
  provider: (endpoint, keys = {}, perSecond = 10_000) => {
    const { id, secret, token = '' } = { ...KEYS, token: '', ...keys }
    return tencentProvider(
      EMR,
      { secretId: id, secretKey: secret, token },
      { region: 'ap-guangzhou', endpoint, perSecond },
    )
  },
  ok: '{"Response":{"ok":true,"RequestId":"5c2fb0ee-1c6c-4f9e-9f2a-2a8a0a7b2f61"}}',
  refusal: (Code, Message) => JSON.stringify({ Response: { Error: { Code, Message }, RequestId: 'r-1' } }),
  expired: { status: 200, code: 'AuthFailure.SignatureExpire' },
  signedAtMs: ({ headers }) => Number(headers['x-tc-timestamp']) * 1000,
  // By the documented steps: the official signer omits the port of the host, which a test server has.
  signatureOf: ({ headers, body }, secret = KEYS.secret) => {
    const seconds = Number(headers['x-tc-timestamp'])
    const date = new Date(seconds * 1000).toISOString().slice(0, 10)
    const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
    const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
    const lines = `content-type:${headers['content-type']}\nhost:${headers.host}\n`
    const canonical = `POST\n/\n\n${lines}\ncontent-type;host\n${sha256(body)}`
    const toSign = `TC3-HMAC-SHA256\n${seconds}\n${date}/emr/tc3_request\n${sha256(canonical)}`
    const key = hmac(hmac(hmac(`TC3${secret}`, date), 'emr'), 'tc3_request')
    return hmac(key, toSign).toString('hex')
  },
}

export const CLOUDS = [HUAWEI, TENCENT]

/** The signature in a request. */
export const sentSignature = ({ headers }: Arrived): string => String(headers.authorization).replace(/.*Signature=/, '')

type Thing = Operation<{ id: string }, { ok: true }>

/** An operation without meaning. */
export function thing({ name }: Cloud, effect: Effect, more: Partial<Thing> = {}): Thing {
  return operation({
    name: `test.thing.${effect}`,
    service: name === 'huawei' ? DCS : EMR,
    api: 'Thing',
    docs: 'https://example.com',
    effect,
    input: z.strictObject({ id: z.string() }),
    output: z.object({ ok: z.literal(true) }),
    request: ({ id }) =>
      name === 'huawei'
        ? { method: 'PUT', path: `/v2/{project_id}/things/${id}`, body: { id } }
        : { method: 'POST', path: '/', body: { Id: id } },
    ...more,
  })
}

export interface Scene {
  call: Call
  /** Requested waits; none is waited for. */
  waits: number[]
  /** Runs the operation and returns its error. */
  failure(effect: Effect, ms?: number): Promise<CloudErrorFacts>
  run(effect: Effect, ms?: number): Promise<{ ok: true }>
}

/** A change is not sent with less time left: tests with shorter deadlines cut the time-out of the attempt instead. */
const LEAST_MS = 5_000

const sendWithin =
  (ms: number, send: CallParts['send']): CallParts['send'] =>
  (request, { timeoutMs, fresh }) =>
    send(request, { timeoutMs: Math.min(ms, timeoutMs), fresh })

/** A caller of a cloud at an endpoint; its connections close with the test. */
export function scene(cloud: Cloud, endpoint: string, parts: Partial<CallParts> = {}): Scene {
  const send = createSend()
  onTestFinished(() => send.close())
  const waits: number[] = []
  const all: CallParts = {
    send,
    provider: async () => cloud.provider(endpoint),
    nowMs: Date.now,
    random: () => 0,
    sleep: async (ms) => {
      waits.push(ms)
    },
    ...parts,
  }
  const call = createCall(all)
  // Long enough for a busy machine; tests about deadlines pass their own.
  const run = (effect: Effect, ms = 60_000): Promise<{ ok: true }> => {
    const isShort = effect === 'once' && ms > 0 && ms < LEAST_MS
    const [leftMs, by] = isShort ? [LEAST_MS + ms, createCall({ ...all, send: sendWithin(ms, all.send) })] : [ms, call]
    return by(thing(cloud, effect), { id: 'a' }, { region: 'test-1', deadlineAtMs: all.nowMs() + leftMs })
  }
  return { call, waits, run, failure: async (effect, ms) => (await errorOf(run(effect, ms))).facts }
}

/** @throws if the promise resolves, or rejects with another error than CloudError */
export async function errorOf(promise: Promise<unknown>): Promise<CloudError> {
  const outcome = await promise.catch((thrown: unknown) => thrown)
  if (outcome instanceof CloudError) return outcome
  throw new Error('no CloudError', { cause: outcome })
}
