import { expect, test } from 'vitest'
import { canonicalCode, readRefusal } from '../../../lib/cloud/huawei/errors.ts'

test.for([
  ['DCS.4855', 'DCS.4855'],
  ['DCS. 4855', 'DCS.4855'],
  ['111400026', 'DCS.4026'],
  ['111400100', 'DCS.4100'],
  ['111404022', 'DCS.3022'],
  ['APIGW.0308', 'APIGW.0308'],
] as const)('code %s is %s', ([code, expected]) => {
  expect(canonicalCode(code)).toBe(expected)
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
  expect(readRefusal({ status, headers: {}, text })).toEqual({ kind, change, code, what: 'why' })
})

test.for([
  [502, '<html>', 'unavailable', 'unknown'],
  [408, '', 'timeout', 'unknown'],
  [302, '', 'unreadable', 'unknown'],
] as const)('HTTP %d with body %j is %s, change %s', ([status, text, kind, change]) => {
  expect(readRefusal({ status, headers: {}, text })).toMatchObject({ kind, change })
})

test.for(['{"job_id":"8abfa7aa88ad5aa50188aef7ec0936d1"}', 'job_id:8abfa7aa88ad5aa50188aef7ec0936d1', '', '[]'])(
  'HTTP 200 with body %j is no refusal',
  (text) => {
    expect(readRefusal({ status: 200, headers: {}, text })).toBeUndefined()
  },
)
