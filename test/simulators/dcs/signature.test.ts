import { request } from 'node:http'
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'
import { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js'
import { DefaultHttpClient } from '@huaweicloud/huaweicloud-sdk-core/http/DefaultHttpClient.js'
import { expect, test } from 'vitest'
import { dcsSignatureError } from '../../../lib/simulators/dcs/signature.ts'
import { SIMULATED_CREDENTIALS } from '../../../lib/simulators/dcs.ts'
import { ORDERS, type Sent, START_MS, startDcs } from './client.ts'

const accepted: [string, string, string, Sent][] = [
  ['a PUT with a JSON body', 'PUT', '/instances/status', { body: { instances: [ORDERS], action: 'restart' } }],
  ['a body outside ASCII', 'POST', `/instances/${ORDERS}/backups`, { body: { remark: '缓存 – ü' } }],
  ['a PUT with an empty body', 'PUT', `/instances/${ORDERS}/async-swap`, {}],
  ['a plain GET', 'GET', `/instances/${ORDERS}`, {}],
  ['a GET with a content type', 'GET', '/tasks', { headers: { 'content-type': 'application/json' } }],
  ['a query of odd signs', 'GET', '/instances', { query: { name: "缓存 a+b/c~d*e'(f)!", tags: '{k=v}', limit: '5' } }],
  ['a query of empty and repeated values', 'GET', '/instances', { query: { tags: ['b', 'a b', ''], name: '' } }],
  ['a query out of order', 'GET', '/tasks', { query: { start_time: '20250102030000', limit: '50', offset: '0' } }],
  ['a signed security token', 'GET', '/tasks', { headers: { 'X-Security-Token': 'token' } }],
  ['a date just within the window', 'GET', '/tasks', { dateMs: START_MS - 15 * 60_000 }],
]

test.for(accepted)('accepts %s as the official SDK signs it', async ([, method, path, sent]) => {
  const { send } = await startDcs()
  expect((await send(method, path, sent)).status).toBe(200)
})

test('works under the official client as a whole', async () => {
  const { dcs } = await startDcs({ now: Date.now })
  const { ak, sk, projectId } = dcs.credentials
  // Not by ClientBuilder: it needs `uuid`, which the package does not declare.
  const client = new HcClient(new DefaultHttpClient({}, [dcs.url]))
    .withEndpoints([dcs.url])
    .withCredential(new BasicCredentials({ ak, sk, projectId } as Partial<BasicCredentials>))
  const common = { contentType: 'application/json', pathParams: {}, queryParams: {}, headers: {} }
  const restarted = await client.sendRequest({
    ...common,
    method: 'PUT',
    url: '/v2/{project_id}/instances/status',
    pathParams: { project_id: projectId },
    data: { instances: [ORDERS], action: 'restart' },
  })
  const listed = await client.sendRequest({
    ...common,
    method: 'GET',
    url: '/v2/{project_id}/instances',
    pathParams: { project_id: projectId },
    queryParams: { name: 'a b~ü', limit: 3 },
  })
  expect([restarted, listed]).toMatchObject([
    { httpStatusCode: 200, results: [{ instance: ORDERS, result: 'success' }] },
    { httpStatusCode: 200, instance_num: 0, instances: [] },
  ])
})

const P = '0123456789abcdef0123456789abcdef'
const I = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const vectors: [string, string, string, string, Record<string, string>, string][] = [
  [
    'a job query',
    'GET',
    `/v2/${P}/jobs/8abfa7aa88ad5aa50188aef7ec0936d1`,
    '',
    {},
    'b667a9a32966afde7caf69b5a4099489148b3c82513f639539e227886f9f4727',
  ],
  [
    'a node stop',
    'PUT',
    `/v2/${P}/instances/${I}/nodes/status`,
    '{"action":"stop","node_ids":["8a2c26c17f4d6516017f4d7b77940030"]}',
    {},
    'c4842a36e83045c103a2c217c3b9734afec4d7d7cd6cfc14b0c484f9ee12a5cb',
  ],
  [
    'a swap',
    'PUT',
    `/v2/${P}/instances/${I}/async-swap`,
    '',
    {},
    'dfa4034f0c364a5d3d8e3decb7efab9b441cff868d3f93716a31cc26d6718a2e',
  ],
  [
    'a restart with a token',
    'PUT',
    `/v2/${P}/instances/status`,
    `{"instances":["${I}"],"action":"restart"}`,
    { 'x-security-token': 'TemporaryToken' },
    '03aa1fe29a4855ef8108e40bb241404d8e1b56a31aeb11fe9e321354acdcb5b0',
  ],
]

test.for(vectors)('accepts the reference vector of %s', ([, method, target, body, extra, signature]) => {
  const headers = {
    'content-type': 'application/json',
    host: 'dcs.cn-north-4.myhuaweicloud.com',
    'x-project-id': P,
    'x-sdk-date': '20250102T030405Z',
    ...extra,
  }
  const names = Object.keys(headers).sort().join(';')
  const authorization = `SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=${names}, Signature=${signature}`
  const arrived = { method, target, headers: { ...headers, authorization }, body: Buffer.from(body) }
  const keys = { ak: 'AccessKey', sk: 'SecretKey', projectId: P }
  expect(dcsSignatureError(arrived, keys, { nowMs: START_MS })).toBeUndefined()
  expect(dcsSignatureError({ ...arrived, target: `${target}x` }, keys, { nowMs: START_MS })).toMatch(
    /^verify aksk signature fail/,
  )
})

const EXPIRED = 'calc aksk signature fail:signature expired, signature time:'
const refused: [string, Sent, string | RegExp][] = [
  ['another secret', { sk: 'other' }, /^verify aksk signature fail, canonicalRequest:PUT\|\/v2\//],
  ['another body', { sentBody: '{}' }, /^verify aksk signature fail, canonicalRequest:PUT\|\/v2\//],
  ['an unknown access key', { ak: 'SOMEBODYELSE' }, 'Get secretKey failed,err:ak not exist'],
  ['an old date', { dateMs: START_MS - 901_000 }, `${EXPIRED}20250102T024904Z,server time:20250102T030405Z`],
  ['a future date', { dateMs: START_MS + 901_000 }, `${EXPIRED}20250102T031906Z,server time:20250102T030405Z`],
  [
    'an unsigned token',
    { unsignedHeaders: { 'X-Security-Token': 't' } },
    'verify aksk signature fail, headers not signed:x-security-token',
  ],
  [
    'an unsigned x-sdk header',
    { unsignedHeaders: { 'X-Sdk-Extra': 't' } },
    'verify aksk signature fail, headers not signed:x-sdk-extra',
  ],
  [
    'a false payload hash',
    { headers: { 'X-Sdk-Content-Sha256': '0'.repeat(64) } },
    /^verify aksk signature fail, canonicalRequest:PUT\|/,
  ],
  [
    'an unsigned JSON payload',
    { headers: { 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' } },
    /^verify aksk signature fail, canonicalRequest:PUT\|/,
  ],
  ['no signature', { unsignedHeaders: { Authorization: 'Bearer x' } }, 'Authorization header is missing or malformed'],
]

test.for(refused)('refuses %s and does nothing', async ([, sent, reason]) => {
  const { dcs, ask } = await startDcs()
  const { status, body } = await ask('PUT', '/instances/status', {
    body: { instances: [ORDERS], action: 'restart' },
    ...sent,
  })
  const prefix = 'Incorrect IAM authentication information: '
  const { error_msg, ...rest } = body as { error_msg: string }
  expect({ status, ...rest }).toEqual({
    status: 401,
    error_code: 'APIGW.0301',
    error_ext_msg: null,
    request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
  expect(error_msg.startsWith(prefix)).toBe(true)
  expect(error_msg.slice(prefix.length)).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason))
  expect(dcs.state.works).toEqual([])
})

test('demands host and date among the signed headers', () => {
  const headers = { host: 'h', 'x-sdk-date': '20250102T030405Z', 'x-a': '1' }
  const authorization = `SDK-HMAC-SHA256 Access=${SIMULATED_CREDENTIALS.ak}, SignedHeaders=x-a;x-b, Signature=${'0'.repeat(64)}`
  const arrived = { method: 'GET', target: '/', headers: { ...headers, authorization }, body: Buffer.alloc(0) }
  expect(dcsSignatureError(arrived, SIMULATED_CREDENTIALS, { nowMs: START_MS })).toBe(
    'verify aksk signature fail, headers not signed:host;x-sdk-date;x-b',
  )
})

test('echoes the canonical request with bars for newlines', async () => {
  const { dcs, ask } = await startDcs()
  const { projectId } = dcs.credentials
  const { body } = await ask('GET', '/tasks', { sk: 'other', query: { limit: '1' } })
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  const host = dcs.url.slice('http://'.length)
  expect((body as { error_msg: string }).error_msg).toBe(
    `Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:GET|/v2/${projectId}/tasks/|limit=1|host:${host}|x-project-id:${projectId}|x-sdk-date:20250102T030405Z||host;x-project-id;x-sdk-date|${empty}`,
  )
})

test.for<[string, string, string]>([
  ['a broken escape', '/instances?name=%E4%B8', 'GET'],
  ['an absolute target', '', 'GET'],
])('survives %s', async ([, path, method]) => {
  const { dcs } = await startDcs()
  const target = path === '' ? 'http://elsewhere/' : `/v2/${dcs.credentials.projectId}${path}`
  const status = await new Promise((resolve, reject) => {
    request(dcs.url, { method, path: target }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end()
  })
  expect(status).toBe(path === '' ? 404 : 401)
})

test('demands the security token that the quirk names', async () => {
  const { send } = await startDcs({ quirks: { securityToken: 'expected' } })
  const statuses = []
  for (const token of [undefined, 'wrong', 'expected']) {
    statuses.push((await send('GET', '/tasks', token ? { headers: { 'X-Security-Token': token } } : {})).status)
  }
  expect(statuses).toEqual([401, 401, 200])
})
