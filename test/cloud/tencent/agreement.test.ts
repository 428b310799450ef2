import { createRequire } from 'node:module'
import type OfficialModule from 'tencentcloud-sdk-nodejs-common/tencentcloud/common/sign.js'
import { expect, test } from 'vitest'
import { signer } from '../../../lib/cloud/tencent/sign.ts'
import { type GeneratedRequest, generatedRequest, TRAITS } from './generated-request.ts'

/** Loaded by `require`, because Node and vitest disagree on the default export of such modules. */
const { default: official }: typeof OfficialModule = createRequire(import.meta.url)(
  'tencentcloud-sdk-nodejs-common/tencentcloud/common/sign.js',
)

/** The seed of each request is SEED + its number; a failure names it. */
const SEED = 20_261_121
const seeds = Array.from({ length: 400 }, (_, index) => SEED + index)

/** The official Node signer's result for a payload: bytes as they are, anything else as its JSON. */
function theirs({ frame, key, contentType }: GeneratedRequest, payload: unknown, nowMs: number): string {
  return official.sign3({
    method: 'POST',
    url: `https://${frame.host}/`,
    payload,
    timestamp: Math.floor(nowMs / 1000),
    service: frame.service,
    ...key,
    multipart: false,
    boundary: '',
    // Trimmed and in lower case, as documented; the official signer sends only one type, which needs neither.
    headers: { 'Content-Type': contentType.trim().toLowerCase() },
  })
}

test.for(Object.entries(TRAITS))('generates requests with %s', ([, has]) => {
  expect(seeds.filter((seed) => has(generatedRequest(seed))).length).toBeGreaterThan(20)
})

test('the official Node SDK gives every generated request the same signature', () => {
  for (const seed of seeds) {
    const request = generatedRequest(seed)
    const sign = signer(request.frame, request.key)
    for (const { body, nowMs } of request.sent) {
      const { authorization } = sign(body, nowMs)
      expect(authorization, `seed ${seed}`).toBe(theirs(request, Buffer.from(body), nowMs))
    }
  }
})

test('the official Node SDK makes the same of our parameters, from JSON to signature', () => {
  for (const seed of seeds) {
    const request = generatedRequest(seed)
    const [{ nowMs }] = request.sent
    const { authorization } = signer(request.frame, request.key)(JSON.stringify(request.data), nowMs)
    expect(authorization, `seed ${seed}`).toBe(theirs(request, request.data, nowMs))
  }
})
