import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js'
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'
import { expect, test } from 'vitest'
import { canonicalQuery, canonicalUri, sdkDate, sign, signer } from '../../../lib/cloud/huawei/sign.ts'
import { dcsSignatureError } from '../../../lib/simulators/dcs/signature.ts'
import { type GeneratedRequest, generatedRequest, TRAITS, wirePath } from './generated-request.ts'

/** The seed of each request is SEED + its number; a failure names it. */
const SEED = 20_250_102
const seeds = Array.from({ length: 400 }, (_, index) => SEED + index)

/** The stages of the official signer are protected, so a subclass opens them. */
class OfficialStages extends AKSKSigner {
  static uri(segments: string[]): string {
    return `/${segments.map((segment) => OfficialStages.urlEncode(segment)).join('/')}`
  }
  static query(queryParams: Record<string, string | string[]>): string {
    // It sorts arrays in place.
    return OfficialStages.CanonicalQueryString({ queryParams: structuredClone(queryParams) })
  }
}

test.for(Object.entries(TRAITS))('generates requests with %s', ([, has]) => {
  expect(seeds.filter((seed) => has(generatedRequest(seed))).length).toBeGreaterThan(20)
})

/** The official Node signer's result for a request with the host and the headers of `frame`. */
function theirs(frame: GeneratedRequest, { ours, segments, data }: GeneratedRequest, nowMs: number): object {
  return AKSKSigner.sign(
    {
      // Unescaped: the official signer would escape an escape again, whereas servers and the other SDKs unescape first.
      endpoint: `https://${frame.ours.host}/${segments.join('/')}`,
      method: ours.method.toUpperCase(),
      queryParams: structuredClone(ours.query),
      // Trimmed: the official Node signer keeps blanks that no server can see; the other SDKs trim as we do.
      headers: { ...trimmed(frame.ours.headers), 'X-Sdk-Date': sdkDate(nowMs) },
      data,
    },
    new BasicCredentials().withAk(frame.key.accessKey).withSk(frame.key.secretKey),
  )
}

test('the official Node SDK gives every generated request the same signature', () => {
  for (const seed of seeds) {
    const request = generatedRequest(seed)
    const before = structuredClone(request.ours)
    const { authorization } = sign(request.ours, request.key, request.nowMs)
    expect(theirs(request, request, request.nowMs), `seed ${seed}`).toMatchObject({ Authorization: authorization })
    expect(request.ours, `seed ${seed}`).toEqual(before)
  }
})

test('the official Node SDK agrees on every one of several requests that one signer signs', () => {
  for (const seed of seeds) {
    const frame = generatedRequest(seed)
    const signed = signer(frame.ours, frame.key)
    for (const other of [generatedRequest(seed + 1_000), generatedRequest(seed + 2_000)]) {
      const { authorization } = signed(other.ours, other.nowMs)
      expect(theirs(frame, other, other.nowMs), `seed ${seed}`).toMatchObject({ Authorization: authorization })
    }
  }
})

test('the official encoder gives the same path and query, whatever is in them', () => {
  for (const seed of seeds) {
    const { wildSegments, ours, chance } = generatedRequest(seed)
    const [uri, path] = [OfficialStages.uri(wildSegments), wirePath(wildSegments, chance)]
    expect(canonicalUri(path), `seed ${seed}`).toBe(uri.endsWith('/') ? uri : `${uri}/`)
    expect(canonicalQuery(ours.query), `seed ${seed}`).toBe(OfficialStages.query(ours.query))
  }
})

test('the verifier of the simulated cloud, written apart, accepts every generated request and no altered one', () => {
  for (const seed of seeds) {
    const { ours, key, nowMs } = generatedRequest(seed)
    const signed = Object.entries(trimmed(sign(ours, key, nowMs))).map(([name, value]) => [name.toLowerCase(), value])
    const query = canonicalQuery(ours.query)
    const arrived = {
      method: ours.method.toUpperCase(),
      target: query === '' ? ours.path : `${ours.path}?${query}`,
      headers: { ...Object.fromEntries(signed), host: ours.host },
      body: Buffer.from(ours.body),
    }
    const credentials = { ak: key.accessKey, sk: key.secretKey, projectId: 'p' }
    const verdict = (body: Buffer) => dcsSignatureError({ ...arrived, body }, credentials, { nowMs })
    expect(verdict(arrived.body), `seed ${seed}`).toBeUndefined()
    expect(verdict(Buffer.concat([arrived.body, Buffer.from(' ')])), `seed ${seed}`).toMatch(
      /^verify aksk signature fail/,
    )
  }
})

function trimmed(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.trim()]))
}
