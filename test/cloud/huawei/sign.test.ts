import { hash } from 'node:crypto'
import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js'
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'
import { describe, expect, test } from 'vitest'
import {
  canonicalHeaders,
  canonicalQuery,
  canonicalRequest,
  canonicalUri,
  percentEncode,
  type SignableRequest,
  sdkDate,
  sign,
  signature,
  signedHeaders,
  stringToSign,
} from '../../../lib/cloud/huawei/sign.ts'

const KEY = { accessKey: 'AccessKey', secretKey: 'SecretKey' }

const signatureOf = (request: SignableRequest, at: string): string | undefined =>
  sign(request, KEY, Date.parse(at)).authorization?.split('Signature=')[1]

describe('published vectors', () => {
  // huaweicloud-sdk-python-v3, huaweicloud-sdk-core/tests/test_signer.py
  const AT = '2020-06-08T02:39:00Z'
  const BASE = { host: 'service.endpoint.myhuaweicloud.com', path: '/resources', query: { size: '1' } }

  test.for([
    [
      'GET without a body',
      { ...BASE, method: 'GET' },
      'cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842',
    ],
    [
      'POST with a body',
      { ...BASE, method: 'POST', body: '{"name":"test","id":1}' },
      '436b1ac0a1ae03705934bb70ef2f2e09f7bfed2117d731a38235053199323a1f',
    ],
  ] as const)('%s', ([, request, expected]) => {
    expect(signatureOf(request, AT)).toBe(expected)
  })

  test('the stages of the first one', () => {
    const headers = canonicalHeaders({ 'X-Sdk-Date': sdkDate(Date.parse(AT)), Host: BASE.host })
    const canonical = canonicalRequest({ ...BASE, method: 'GET' }, headers)
    const toSign = stringToSign('20200608T023900Z', canonical)
    expect(headers).toEqual([
      ['host', BASE.host],
      ['x-sdk-date', '20200608T023900Z'],
    ])
    expect(signedHeaders(headers)).toBe('host;x-sdk-date')
    expect(toSign.split('\n')).toEqual([
      'SDK-HMAC-SHA256',
      '20200608T023900Z',
      'de94dd1e1ccdb730b403ce35d7e14f7c7b04337f6def1c3a3a2ba936852b133f',
    ])
    expect(signature('SecretKey', toSign)).toBe('cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842')
  })

  test('the canonical query', () => {
    expect(
      canonicalQuery({ limit: '1', enable: 'true', test: '一 (&=?!#%.*)', path: '/tmp/123', multi: ['3', '1', '2'] }),
    ).toBe(
      'enable=true&limit=1&multi=1&multi=2&multi=3&path=%2Ftmp%2F123&test=%E4%B8%80%20%28%26%3D%3F%21%23%25.%2A%29',
    )
  })
})

describe('vectors of DCS requests, agreed on by the Python SDK and the Node SDK', () => {
  const P = '0123456789abcdef0123456789abcdef'
  const I = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
  const AT = '2025-01-02T03:04:05Z'
  const headers = { 'content-type': 'application/json', 'x-project-id': P }
  const BASE = { host: 'dcs.cn-north-4.myhuaweicloud.com', headers }

  test('the stages of a node stop: its body and its canonical request', () => {
    const body = '{"action":"stop","node_ids":["8a2c26c17f4d6516017f4d7b77940030"]}'
    const request = { ...BASE, method: 'PUT', path: `/v2/${P}/instances/${I}/nodes/status`, body }
    const canonical = canonicalRequest(
      request,
      canonicalHeaders({ ...headers, host: BASE.host, 'x-sdk-date': sdkDate(Date.parse(AT)) }),
    )
    expect(hash('sha256', body)).toBe('6537099f16291bfd2d815624be8fef6e92bbf864022fd13ff09d0723453d438e')
    expect(hash('sha256', canonical)).toBe('1325dcc6f1f32b24c444f87fdf0175aaad2b6473a77193f4346272980ad36be8')
  })

  const VECTORS: [string, SignableRequest, string][] = [
    [
      'job',
      { ...BASE, method: 'GET', path: `/v2/${P}/jobs/8abfa7aa88ad5aa50188aef7ec0936d1` },
      'b667a9a32966afde7caf69b5a4099489148b3c82513f639539e227886f9f4727',
    ],
    [
      'node stop',
      {
        ...BASE,
        method: 'PUT',
        path: `/v2/${P}/instances/${I}/nodes/status`,
        body: '{"action":"stop","node_ids":["8a2c26c17f4d6516017f4d7b77940030"]}',
      },
      'c4842a36e83045c103a2c217c3b9734afec4d7d7cd6cfc14b0c484f9ee12a5cb',
    ],
    [
      'swap, no body',
      { ...BASE, method: 'PUT', path: `/v2/${P}/instances/${I}/async-swap` },
      'dfa4034f0c364a5d3d8e3decb7efab9b441cff868d3f93716a31cc26d6718a2e',
    ],
    [
      'restart with a security token',
      {
        ...BASE,
        headers: { ...headers, 'X-Security-Token': 'TemporaryToken' },
        method: 'PUT',
        path: `/v2/${P}/instances/status`,
        body: `{"instances":["${I}"],"action":"restart"}`,
      },
      '03aa1fe29a4855ef8108e40bb241404d8e1b56a31aeb11fe9e321354acdcb5b0',
    ],
    [
      'tasks, sorted query',
      {
        ...BASE,
        method: 'GET',
        path: `/v2/${P}/tasks`,
        query: { start_time: '20250102030000', limit: '50', offset: '0' },
      },
      '8d6139c4a14c85fed04418d72888976a8b1a15df97cc00d20e956d9370bbde79',
    ],
    [
      'unicode query, no content type',
      {
        host: BASE.host,
        headers: { 'x-project-id': P },
        method: 'GET',
        path: `/v2/${P}/instances`,
        query: { name: "缓存 a+b/c~d*e'(f)!", tags: '{k=v}' },
      },
      'f5c35bbc639880ff45bc1b2164d8db271431cdfe99275b28bfe1bc5c09a3800b',
    ],
  ]

  test.for(VECTORS)('%s', ([, request, expected]) => {
    expect(signatureOf(request, AT)).toBe(expected)
  })
})

test('the official Node SDK signs generated requests alike', () => {
  const texts = ['', 'a b', '+', '~', 'ü', '缓存', "!'()*", '/', '%', '&=?#', '😀', 'x'.repeat(300)]
  for (const [index, text] of texts.entries()) {
    const query = { name: text, limit: '10', [`k${index}`]: text }
    const body = index % 2 ? JSON.stringify({ text }) : ''
    const headers = { 'content-type': 'application/json', 'x-project-id': 'p' }
    const path = `/v2/p/${percentEncode(text.replaceAll('/', '-')).replaceAll('%', '') || 'x'}`
    const theirs = AKSKSigner.sign(
      {
        endpoint: `https://dcs.example.com${path}`,
        url: path,
        method: body ? 'PUT' : 'GET',
        queryParams: query,
        headers: { ...headers, 'X-Sdk-Date': '20250102T030405Z' },
        data: body ? JSON.parse(body) : undefined,
      },
      new BasicCredentials().withAk('AccessKey').withSk('SecretKey'),
    )
    const request = { method: body ? 'PUT' : 'GET', host: 'dcs.example.com', path, query, headers, body }
    const { authorization } = sign(request, KEY, Date.parse('2025-01-02T03:04:05Z'))
    expect(theirs).toMatchObject({ Authorization: authorization })
  }
})

test.for([
  ['/v2/a b', '/v2/a%20b/'],
  ['/v2/a%20b', '/v2/a%20b/'],
  ['/', '/'],
  ['/closed/', '/closed/'],
] as const)('the path %s is signed as %s', ([path, expected]) => {
  expect(canonicalUri(path)).toBe(expected)
})

test('header values are trimmed and names are sorted by code point', () => {
  expect(canonicalHeaders({ 'X-B': ' 2 ', 'x-a-c': '1', 'X-A': '0' })).toEqual([
    ['x-a', '0'],
    ['x-a-c', '1'],
    ['x-b', '2'],
  ])
})
