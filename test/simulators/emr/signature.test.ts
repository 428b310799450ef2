import { expect, test } from 'vitest'
import { emrSignatureError } from '../../../lib/simulators/emr/signature.ts'
import { errorOf, order, type Sent, START_MS, startEmr, WAREHOUSE } from './client.ts'

const LIST = { DisplayStrategy: 'clusterList' }
const STOP = order('StopService', WAREHOUSE, ['HIVE'])

const PUBLISHED_KEY = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE'
const CVM_BODY = String.raw`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`
const EMR_BODY =
  '{"InstanceId":"emr-4zvc5mul","OpType":"StopMonitor","OpScope":{"ServiceInfoList":[{"ServiceName":"HDFS"}]}}'

interface Vector {
  secretKey: string
  service: string
  timestamp: number
  date: string
  action: string
  body: string
  contentType: string
}

const CVM: Omit<Vector, 'secretKey'> = {
  service: 'cvm',
  timestamp: 1551113065,
  date: '2019-02-25',
  action: 'DescribeInstances',
  body: CVM_BODY,
  contentType: 'application/json; charset=utf-8',
}
const EMR: Vector = {
  secretKey: PUBLISHED_KEY,
  service: 'emr',
  timestamp: 1700000000,
  date: '2023-11-14',
  action: 'StartStopServiceOrMonitor',
  body: EMR_BODY,
  contentType: 'application/json',
}
const WITH_CHARSET = { ...EMR, contentType: 'application/json; charset=utf-8' }
const TWO = 'content-type;host'
const THREE = 'content-type;host;x-tc-action'

/** V1 to V3 are published in editions of the documentation; the last four are ours, two of them confirmed by the SDK. */
const vectors: [string, Vector, string, string][] = [
  ['V1', { ...CVM, secretKey: PUBLISHED_KEY }, TWO, '72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168'],
  [
    'V2',
    { ...CVM, secretKey: 'Gu5t9xGARNpq86cd98joQYCN3*******' },
    TWO,
    '2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c',
  ],
  [
    'V3',
    { ...CVM, secretKey: '*'.repeat(32) },
    THREE,
    '10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f',
  ],
  [
    'V1 with three headers',
    { ...CVM, secretKey: PUBLISHED_KEY },
    THREE,
    '644be983de9a8a3f00db8eadaba61467c3b429e2215758ba897b738ca469fd26',
  ],
  ['EMR', EMR, TWO, '37a0da04a1c457efe600f18ebe0c6782f6af44cd651d2c33d99eaeecd10244de'],
  ['EMR with three headers', EMR, THREE, 'ba85ce4a13b05804d4873df206dd1e8d490ceff7fbd68197c80e1770bc349538'],
  ['EMR with charset', WITH_CHARSET, TWO, '24965b5379e7f16a8e1286cbf0973f25e80e0b7c1fdefaf32ab5f9bfa110035a'],
  [
    'EMR with charset and three headers',
    WITH_CHARSET,
    THREE,
    'fd81e3c18ca73f78ca485338d3a5283e3248f649081ec345878f9cbf8be9298e',
  ],
]

test.for(vectors)('accepts the reference vector %s, and nothing near it', ([, vector, names, signature]) => {
  const { service, date, timestamp, body, contentType, action, secretKey } = vector
  const headers = {
    host: `${service}.tencentcloudapi.com`,
    'content-type': contentType,
    'x-tc-action': action,
    'x-tc-timestamp': String(timestamp),
    authorization: `TC3-HMAC-SHA256 Credential=AKID/${date}/${service}/tc3_request, SignedHeaders=${names}, Signature=${signature}`,
  }
  const arrived = { method: 'POST', target: '/', headers, body: Buffer.from(body) }
  const errorOf = (changed: object = {}, key = secretKey) =>
    emrSignatureError({ ...arrived, ...changed }, { secretId: 'AKID', secretKey: key }, { nowMs: timestamp * 1000 })
      ?.code
  expect(errorOf()).toBeUndefined()
  expect([
    errorOf({ body: Buffer.from(`${body} `) }),
    errorOf({ headers: { ...headers, host: `${service}.elsewhere.com` } }),
    errorOf({ headers: { ...headers, 'content-type': 'text/plain' } }),
    errorOf({ headers: { ...headers, 'x-tc-timestamp': String(timestamp + 1) } }),
    errorOf({ method: 'PUT' }),
    errorOf({ target: '/?a=b' }),
    errorOf({}, `${secretKey}x`),
  ]).toEqual(Array(7).fill('AuthFailure.SignatureFailure'))
})

const accepted: [string, Sent][] = [
  ['the two mandatory headers', {}],
  ['the action among the signed headers', { signedHeaders: { 'x-tc-action': 'DescribeInstances' } }],
  ['any other signed header', { signedHeaders: { 'x-tc-region': 'ap-guangzhou', 'x-other': ' A b ' } }],
  ['a host signed without its port, as the Node SDK does', { host: '127.0.0.1' }],
  ['the service that the Node SDK takes from the address', { host: '127.0.0.1', service: '127' }],
  ['a content type with charset', { contentType: 'application/json; charset=UTF-8' }],
  ['a timestamp five minutes ago', { timestampMs: START_MS - 300_000 }],
  ['a timestamp five minutes ahead', { timestampMs: START_MS + 300_000 }],
]

test.for(accepted)('accepts %s', async ([, sent]) => {
  const { ask } = await startEmr()
  expect(await ask('DescribeInstances', LIST, sent)).toMatchObject({ TotalCnt: 3 })
})

const NAMES_NONE = { headers: { authorization: 'Bearer x' } }
const refused: [string, Sent, string, RegExp][] = [
  ['no TC3 header', NAMES_NONE, 'InvalidAuthorization', /TC3-HMAC-SHA256/],
  ['the SKIP of the SDKs', { headers: { authorization: 'SKIP' } }, 'InvalidAuthorization', /TC3-HMAC-SHA256/],
  ['an unknown secret id', { secretId: 'SOMEBODY' }, 'SecretIdNotFound', /SecretId/],
  ['an old timestamp', { timestampMs: START_MS - 301_000 }, 'SignatureExpire', /1735786744, server time 1735787045/],
  ['a future timestamp', { timestampMs: START_MS + 301_000 }, 'SignatureExpire', /1735787346, server time 1735787045/],
  ['a date of another zone', { date: '2025-01-03' }, 'SignatureFailure', /2025-01-03, the UTC date .* 2025-01-02/],
  ['another service', { service: 'cvm' }, 'SignatureFailure', /for the service cvm/],
  ['another host', { host: '127.0.0.2' }, 'SignatureFailure', /CanonicalRequest:POST\|\/\|\|content-type:/],
  ['another port', { host: '127.0.0.1:1' }, 'SignatureFailure', /CanonicalRequest:POST/],
  ['another secret key', { secretKey: 'other' }, 'SignatureFailure', /StringToSign:TC3-HMAC-SHA256\|1735787045\|/],
  ['another body', { sentBody: JSON.stringify({ ...STOP, OpType: 'StartService' }) }, 'SignatureFailure', /Canonical/],
  ['an unsigned host', { signedNames: ['content-type'] }, 'SignatureFailure', /Not among the signed headers: host/],
  ['an unsigned content type', { signedNames: ['host'] }, 'SignatureFailure', /Not among .*: content-type/],
  [
    'signed headers out of order',
    { signedNames: ['host', 'content-type'] },
    'SignatureFailure',
    /\|content-type;host\|/,
  ],
  [
    'a signed header that is not sent',
    { signedHeaders: { 'x-a': '1' }, headers: { 'x-a': undefined } },
    'SignatureFailure',
    /not sent: x-a/,
  ],
  ['a token where none is due', { headers: { 'x-tc-token': 't' } }, 'TokenFailure', /token/],
  ['an empty token', { headers: { 'x-tc-token': '' } }, 'TokenFailure', /token/],
]

test.for(refused)('refuses %s and does nothing', async ([, sent, code, message]) => {
  const { emr, ask } = await startEmr()
  expect(await ask('StartStopServiceOrMonitor', STOP, sent)).toEqual({
    Error: { Code: `AuthFailure.${code}`, Message: expect.stringMatching(message) },
  })
  expect([emr.state.works, emr.requests.map((line) => line.code)]).toEqual([[], [`AuthFailure.${code}`]])
})

test('refuses a timestamp that is not in whole seconds', async () => {
  const { ask } = await startEmr()
  const sent = { headers: { 'x-tc-timestamp': '1735787045.5' } }
  expect(await ask('DescribeInstances', LIST, sent)).toEqual(errorOf('InvalidParameter'))
})

test('demands the token that the quirk names', async () => {
  const { ask } = await startEmr({ quirks: { token: 'expected' } })
  const answers = []
  for (const token of [undefined, 'wrong', 'expected']) {
    answers.push(await ask('DescribeInstances', LIST, { headers: { 'x-tc-token': token } }))
  }
  expect(answers).toMatchObject([
    errorOf('AuthFailure.TokenFailure'),
    errorOf('AuthFailure.TokenFailure'),
    { TotalCnt: 3 },
  ])
})

test('does not print a token that was signed', async () => {
  const { send } = await startEmr()
  const sent = { signedHeaders: { 'x-tc-token': 'hush-hush' }, secretKey: 'other' }
  const text = await (await send('DescribeInstances', LIST, sent)).text()
  expect(text).toContain('x-tc-token:***|')
  expect(text).not.toContain('hush-hush')
})
