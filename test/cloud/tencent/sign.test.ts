import { createSecretKey, hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  canonicalHeaders,
  canonicalRequest,
  dateOf,
  derive,
  derivedKey,
  sign,
  signature,
  signedHeaders,
  stringToSign,
} from '../../../lib/cloud/tencent/sign.ts'

/** Published in https://cloud.tencent.com/document/api/213/30654, in three editions that mask the secret differently. */
const DOC_BODY = String.raw`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`
const DOC = {
  host: 'cvm.tencentcloudapi.com',
  service: 'cvm',
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: DOC_BODY,
}
const DOC_ID = 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE'
const DOC_KEY = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE'
const DOC_AT = 1_551_113_065

/** The first derivation step, with the masked secret of the third edition. */
const SECRET = createSecretKey(`TC3${'*'.repeat(32)}`, 'utf8')

const MASKED_ID = `AKID${'*'.repeat(32)}`
const ALL_THREE = { ...DOC.headers, 'x-tc-action': 'DescribeInstances' }

const signatureOf = (authorization: string | undefined): string | undefined => authorization?.split('Signature=')[1]

describe('the published vectors', () => {
  test.for([
    ['first edition', DOC.headers, DOC_KEY, '72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168'],
    [
      'second edition, its asterisks taken literally',
      DOC.headers,
      'Gu5t9xGARNpq86cd98joQYCN3*******',
      '2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c',
    ],
    [
      'third edition, which signs the action too',
      ALL_THREE,
      '*'.repeat(32),
      '10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f',
    ],
    [
      'key of the first, headers of the third',
      ALL_THREE,
      DOC_KEY,
      '644be983de9a8a3f00db8eadaba61467c3b429e2215758ba897b738ca469fd26',
    ],
  ] as const)('%s', ([, headers, secretKey, expected]) => {
    const signed = sign({ ...DOC, headers }, { secretId: DOC_ID, secretKey }, DOC_AT * 1000 + 999)
    expect(signatureOf(signed.authorization)).toBe(expected)
  })

  test('the headers that are sent', () => {
    expect(sign(DOC, { secretId: DOC_ID, secretKey: DOC_KEY }, DOC_AT * 1000)).toEqual({
      'content-type': 'application/json; charset=utf-8',
      'x-tc-timestamp': '1551113065',
      authorization:
        'TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168',
    })
  })

  test('stage 1: the canonical request', () => {
    const canonical = canonicalRequest(canonicalHeaders({ ...DOC.headers, host: DOC.host }), DOC_BODY)
    expect(canonical).toBe(
      'POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:cvm.tencentcloudapi.com\n\ncontent-type;host\n35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064',
    )
    expect(hash('sha256', canonical)).toBe('5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031')
    expect(signedHeaders(canonicalHeaders(ALL_THREE))).toBe('content-type;x-tc-action')
    const third = canonicalRequest(canonicalHeaders({ ...ALL_THREE, host: DOC.host }), DOC_BODY)
    expect(hash('sha256', third)).toBe('7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84')
  })

  test('stage 2: the string to sign', () => {
    expect(stringToSign(DOC_AT, 'cvm', 'a')).toBe(
      `TC3-HMAC-SHA256\n1551113065\n2019-02-25/cvm/tc3_request\n${hash('sha256', 'a')}`,
    )
  })

  test('stage 3: the key of the day, step by step', () => {
    const day = derive(SECRET, '2019-02-25')
    const product = derive(day, 'cvm')
    const keys = [day, product, derive(product, 'tc3_request')]
    expect(keys.map((key) => key.export().toString('hex'))).toEqual([
      'da98fb70dcf6b112dc21038d1eeeb3a95c74b4dcb12c1131f864f6066bd02be0',
      '8d70cbefb03939f929db64d32dc2ba89b1095620119fe3e050e2b18c5bd2752f',
      'b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af',
    ])
    expect(derivedKey('*'.repeat(32), '2019-02-25', 'cvm').export().toString('hex')).toBe(
      'b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af',
    )
  })

  test('stage 4: the signature', () => {
    const canonical = canonicalRequest(canonicalHeaders({ ...ALL_THREE, host: DOC.host }), DOC_BODY)
    const key = derivedKey('*'.repeat(32), '2019-02-25', 'cvm')
    expect(signature(key, stringToSign(DOC_AT, 'cvm', canonical))).toBe(
      '10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f',
    )
    expect(
      signatureOf(
        sign({ ...DOC, headers: ALL_THREE }, { secretId: MASKED_ID, secretKey: '*'.repeat(32) }, DOC_AT * 1000)
          .authorization,
      ),
    ).toBe('10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f')
  })
})

describe('vectors of an EMR request, two of them confirmed by the official SDK', () => {
  const body =
    '{"InstanceId":"emr-4zvc5mul","OpType":"StopMonitor","OpScope":{"ServiceInfoList":[{"ServiceName":"HDFS"}]}}'
  test.for([
    [{ 'content-type': 'application/json' }, '37a0da04a1c457efe600f18ebe0c6782f6af44cd651d2c33d99eaeecd10244de'],
    [
      { 'content-type': 'application/json', 'x-tc-action': 'StartStopServiceOrMonitor' },
      'ba85ce4a13b05804d4873df206dd1e8d490ceff7fbd68197c80e1770bc349538',
    ],
    [
      { 'content-type': 'application/json; charset=utf-8' },
      '24965b5379e7f16a8e1286cbf0973f25e80e0b7c1fdefaf32ab5f9bfa110035a',
    ],
    [
      { 'content-type': 'application/json; charset=utf-8', 'X-TC-Action': 'StartStopServiceOrMonitor' },
      'fd81e3c18ca73f78ca485338d3a5283e3248f649081ec345878f9cbf8be9298e',
    ],
  ] as const)('%j', ([headers, expected]) => {
    const request = { host: 'emr.tencentcloudapi.com', service: 'emr', headers: { ...headers }, body }
    const signed = sign(request, { secretId: DOC_ID, secretKey: DOC_KEY }, 1_700_000_000_000)
    expect(signatureOf(signed.authorization)).toBe(expected)
  })
})

test('names and values are compared in lower case, trimmed, by code point', () => {
  expect(canonicalHeaders({ 'X-TC-Action': ' DescribeInstances ', Host: 'A', 'content-type': 'B' })).toEqual([
    ['content-type', 'b'],
    ['host', 'a'],
    ['x-tc-action', 'describeinstances'],
  ])
})

test('the date is that of UTC, and turns at midnight', () => {
  const midnight = Date.UTC(2026, 10, 21) / 1000
  expect([dateOf(midnight - 1), dateOf(midnight), dateOf(0)]).toEqual(['2026-11-20', '2026-11-21', '1970-01-01'])
})

test('the day key follows date, service and secret, also for a secret with slashes', () => {
  const key = (secret: string, date: string, service: string): string =>
    derivedKey(secret, date, service).export().toString('hex')
  const keys = [
    key('a/b', '2026-11-21', 'emr'),
    key('b', '2026-11-21', 'emr'),
    key('a/b', '2026-11-22', 'emr'),
    key('a/b', '2026-11-21', 'cvm'),
  ]
  expect(new Set(keys).size).toBe(4)
  expect(key('a/b', '2026-11-21', 'emr')).toBe(keys[0])
})
