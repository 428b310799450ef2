import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { answerReader, limitHintMs } from '../../../lib/cloud/huawei/errors.ts'
import { DCS } from '../../../lib/services/dcs/service.ts'

const readAnswer = answerReader(DCS.errors)

test.for([
  ['DCS.4855', 'DCS.4855'],
  ['DCS. 4855', 'DCS.4855'],
  ['111400026', 'DCS.4026'],
  ['111400100', 'DCS.4100'],
  ['111404022', 'DCS.3022'],
  ['APIGW.0308', 'APIGW.0308'],
] as const)('code %s is %s', ([code, expected]) => {
  const text = v2(code)
  expect(readAnswer({ status: 400, headers: {}, text }, undefined)).toMatchObject({ refusal: { code: expected } })
})

const v2 = (error_code: string): string => JSON.stringify({ error_code, error_msg: 'why', error_ext_msg: null })

test.for([
  [400, v2('DCS.4026'), 'busy', 'none', 'DCS.4026'],
  [400, v2('111400111'), 'busy', 'none', 'DCS.4111'],
  [500, v2('DCS.4069'), 'busy', 'none', 'DCS.4069'],
  [400, v2('DCS. 4855'), 'unsupported', 'none', 'DCS.4855'],
  [404, v2('DCS.3022'), 'not-found', 'none', 'DCS.3022'],
  [405, v2('DCS.2001'), 'precondition', 'none', 'DCS.2001'],
  [405, v2('DCS.5001'), 'invalid', 'none', 'DCS.5001'],
  [401, v2('APIGW.0301'), 'unauthenticated', 'none', 'APIGW.0301'],
  [403, v2('DCS.2003'), 'denied', 'none', 'DCS.2003'],
  [429, v2('APIGW.0308'), 'throttled', 'none', 'APIGW.0308'],
  [500, v2('DCS.5000'), 'unavailable', 'unknown', 'DCS.5000'],
  [500, v2('DCS.5094'), 'failed', 'unknown', 'DCS.5094'],
  [418, v2('DCS.9999'), 'invalid', 'none', 'DCS.9999'],
  [400, '{"error":{"code":"DCS.4017","message":"why"}}', 'busy', 'none', 'DCS.4017'],
  [200, v2('DCS.5000'), 'unavailable', 'unknown', 'DCS.5000'],
] as const)('HTTP %d %s is %s, change %s', ([status, text, kind, change, code]) => {
  const byState = ['DCS.4026', 'DCS.4049'].includes(code) ? { byState: true } : {}
  const refusal = { kind, change, code, what: 'why', ...byState }
  expect(readAnswer({ status, headers: {}, text }, undefined)).toEqual({ refusal })
})

describe('the error body', () => {
  const file = join(import.meta.dirname, 'fixtures/error-bodies.json')
  const CASES = JSON.parse(readFileSync(file, 'utf8')) as { status: number; body: unknown; refusal: object }[]
  test.for(CASES)('%j', ({ status, body, refusal }) => {
    const read = readAnswer({ status, headers: {}, text: JSON.stringify(body) }, undefined)
    expect(read).toMatchObject({ refusal: { change: 'none', ...refusal } })
  })

  test('of an instance that is shown, with a code of its own, is no refusal', () => {
    for (const own of [
      { code: 'x', message: 'y' },
      { errorCode: 'dcs.01.0012', errorMessage: 'y' },
    ]) {
      expect(readAnswer({ status: 200, headers: {}, text: JSON.stringify(own) }, undefined)).toEqual({ payload: own })
    }
  })
})

test.for([
  [502, '<html>', 'unavailable', 'unknown'],
  [408, '', 'timeout', 'unknown'],
  [302, '', 'unreadable', 'unknown'],
] as const)('HTTP %d with body %j is %s, change %s', ([status, text, kind, change]) => {
  expect(readAnswer({ status, headers: {}, text }, undefined)).toMatchObject({ refusal: { kind, change } })
})

test.for([
  ['{"job_id":"8abfa7aa88ad5aa50188aef7ec0936d1"}', { job_id: '8abfa7aa88ad5aa50188aef7ec0936d1' }],
  ['[]', []],
  ['{"status":"RUNNING","error_code":"dcs.08.0001"}', { status: 'RUNNING', error_code: 'dcs.08.0001' }],
] as const)('HTTP 200 with body %j is no refusal', ([text, payload]) => {
  expect(readAnswer({ status: 200, headers: {}, text }, undefined)).toEqual({ payload })
})

test('a body that is not JSON goes to the operation that can read it, and is unreadable to any other', () => {
  const answer = { status: 200, headers: {}, text: 'job_id:8abfa7aa88ad5aa50188aef7ec0936d1' }
  expect(readAnswer(answer, (text) => text.slice(7))).toEqual({ payload: '8abfa7aa88ad5aa50188aef7ec0936d1' })
  expect(readAnswer(answer, undefined)).toMatchObject({ refusal: { kind: 'unreadable', change: 'unknown' } })
})

test.for([
  ['The throttling threshold has been reached: policy ip over ratelimit,limit:5,time:1 second', 1_000],
  ['over ratelimit, limit:100, time:3 minute', 180_000],
  ['limit:1,time:1 hour', 3_600_000],
  ['too many requests', undefined],
] as const)('%j asks for a wait of %d ms', ([message, waitMs]) => {
  expect(limitHintMs(message)).toBe(waitMs)
  const text = JSON.stringify({ error_code: 'APIGW.0308', error_msg: message })
  const reading = readAnswer({ status: 429, headers: {}, text }, undefined)
  expect('refusal' in reading && reading.refusal.retryAfterMs).toBe(waitMs)
})
