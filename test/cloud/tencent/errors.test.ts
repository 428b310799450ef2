import { describe, expect, test } from 'vitest'
import type { ParsedAnswer } from '../../../lib/cloud/provider.ts'
import { answerReader, requestIdOf } from '../../../lib/cloud/tencent/errors.ts'
import { EMR } from '../../../lib/services/emr/service.ts'

const read = (text: string, status = 200): ParsedAnswer =>
  answerReader(EMR.errors)({ status, headers: {}, text }, undefined)

const refusal = (Code: unknown, Message: unknown = 'why'): string =>
  JSON.stringify({ Response: { Error: { Code, Message }, RequestId: 'r-1' } })

/** Codes of StartStopServiceOrMonitor, of the gateway, and of all of API 3.0. */
test.for([
  ['FailedOperation', 'failed', 'unknown'],
  ['InternalError.CamCgwError', 'unavailable', 'unknown'],
  ['InternalError.WoodServerError', 'unavailable', 'unknown'],
  ['ResourceUnavailable.NotSupportNewSecurityGroup', 'unsupported', 'none'],
  ['ResourceUnavailable.ResourceSpecSoldOut', 'unavailable', 'unknown'],
  ['InvalidParameter.InvalidInstanceName', 'not-found', 'none'],
  ['InvalidParameter.InvalidJobFlow', 'invalid', 'none'],
  ['ResourceInUse.InstanceInProcess', 'busy', 'none'],
  ['ResourceNotFound.InstanceNotFound', 'not-found', 'none'],
  ['UnauthorizedOperation.CheckCamAuth', 'denied', 'none'],
  ['UnsupportedOperation.ServiceNotSupport', 'unsupported', 'none'],

  ['InvalidParameter.RestartServiceUnsupported', 'unsupported', 'none'],
  ['InvalidParameter.InvalidServiceName', 'invalid', 'none'],
  ['InvalidParameter.InvalidServiceNodeInfo', 'invalid', 'none'],
  ['InvalidParameter.InvalidIpList', 'invalid', 'none'],
  ['InvalidParameter.InvalidClusterId', 'not-found', 'none'],
  ['InvalidParameter.InvalidFailurePolicy', 'invalid', 'none'],
  ['InvalidParameter.InvalidComponent', 'invalid', 'none'],
  ['ResourceNotFound.ClusterNotFound', 'not-found', 'none'],
  ['ResourceNotFound.ServiceGroupNotFound', 'not-found', 'none'],
  ['ResourceNotFound.ServiceNodeNotFound', 'not-found', 'none'],
  ['LimitExceeded.RequestBacklogExceedsLimit', 'busy', 'none'],
  ['OperationDenied', 'unsupported', 'none'],
  ['UnsupportedOperation', 'unsupported', 'none'],
  ['UnsupportedOperation.NotInWhiteList', 'unsupported', 'none'],

  ['ActionOffline', 'unsupported', 'none'],
  ['AuthFailure', 'unauthenticated', 'none'],
  ['AuthFailure.InvalidAuthorization', 'unauthenticated', 'none'],
  ['AuthFailure.InvalidSecretId', 'unauthenticated', 'none'],
  ['AuthFailure.MFAFailure', 'unauthenticated', 'none'],
  ['AuthFailure.SecretIdNotFound', 'unauthenticated', 'none'],
  ['AuthFailure.SignatureExpire', 'unauthenticated', 'none'],
  ['AuthFailure.SignatureFailure', 'unauthenticated', 'none'],
  ['AuthFailure.TokenFailure', 'unauthenticated', 'none'],
  ['AuthFailure.UnauthorizedOperation', 'denied', 'none'],
  ['DryRunOperation', 'invalid', 'none'],
  ['InternalError', 'unavailable', 'unknown'],
  ['InvalidAction', 'invalid', 'none'],
  ['InvalidParameter', 'invalid', 'none'],
  ['InvalidParameterValue', 'invalid', 'none'],
  ['InvalidRequest', 'invalid', 'none'],
  ['IpInBlacklist', 'denied', 'none'],
  ['IpNotInWhitelist', 'denied', 'none'],
  ['LimitExceeded', 'invalid', 'none'],
  ['MissingParameter', 'invalid', 'none'],
  ['NoSuchProduct', 'unsupported', 'none'],
  ['NoSuchVersion', 'unsupported', 'none'],
  ['RequestLimitExceeded', 'throttled', 'none'],
  ['RequestLimitExceeded.GlobalRegionUinLimitExceeded', 'throttled', 'none'],
  ['RequestLimitExceeded.IPLimitExceeded', 'throttled', 'none'],
  ['RequestLimitExceeded.UinLimitExceeded', 'throttled', 'none'],
  ['RequestSizeLimitExceeded', 'invalid', 'none'],
  ['ResourceInUse', 'busy', 'none'],
  ['ResourceInsufficient', 'unavailable', 'unknown'],
  ['ResourceNotFound', 'not-found', 'none'],
  ['ResourceUnavailable', 'unavailable', 'unknown'],
  ['ResponseSizeLimitExceeded', 'failed', 'unknown'],
  ['ServiceUnavailable', 'unavailable', 'unknown'],
  ['UnauthorizedOperation', 'denied', 'none'],
  ['UnknownParameter', 'invalid', 'none'],
  ['UnsupportedProtocol', 'unsupported', 'none'],
  ['UnsupportedRegion', 'unsupported', 'none'],

  // Unlisted codes: final, but in doubt.
  ['Nobody.Listed', 'failed', 'unknown'],
  ['', 'failed', 'unknown'],
  ['toString', 'failed', 'unknown'],
  ['resourceinuse', 'failed', 'unknown'],
  ['XResourceInUse.InstanceInProcess', 'failed', 'unknown'],
] as const)('code %s is %s, change %s', ([code, kind, change]) => {
  expect(read(refusal(code))).toEqual({ refusal: { kind, change, code, what: 'why' } })
})

describe('the message', () => {
  test.for(['RequestLimitExceeded', 'AuthFailure.SignatureExpire', '请求频率超限', '{"Code":"AuthFailure"}'])(
    'that says %j decides nothing',
    (message) => {
      expect(read(refusal('FailedOperation', message))).toEqual({
        refusal: { kind: 'failed', change: 'unknown', code: 'FailedOperation', what: message },
      })
    },
  )

  test.for([undefined, null, ''])('may be %j', (message) => {
    const text = JSON.stringify({ Response: { Error: { Code: 'AuthFailure', Message: message } } })
    expect(read(text)).toMatchObject({ refusal: { kind: 'unauthenticated', what: 'no message' } })
  })
})

test.for([
  [400, '', 'invalid', 'none'],
  [403, '<html>', 'invalid', 'none'],
  [408, '', 'timeout', 'unknown'],
  [429, '{}', 'throttled', 'none'],
  [500, '{"Response":{}}', 'unavailable', 'unknown'],
  [502, '<html>', 'unavailable', 'unknown'],
  [302, '', 'unreadable', 'unknown'],
  [204, '', 'unreadable', 'unknown'],
] as const)('HTTP %d with %j is %s, change %s', ([status, text, kind, change]) => {
  expect(read(text, status)).toEqual({
    refusal: {
      kind,
      change,
      what: `HTTP ${status} without a readable error${text ? `: ${JSON.stringify(text)}` : ''}`,
    },
  })
})

test('an error in the body overrides the status', () => {
  expect(read(refusal('ResourceInUse'), 500)).toMatchObject({ refusal: { kind: 'busy', change: 'none' } })
})

test.for([
  '{}',
  '[]',
  'null',
  '1',
  '{"Response":null}',
  '{"Response":"ok"}',
  refusal(7),
  '{"Response":{"Error":null}}',
])('%s is no answer of Tencent Cloud', (text) => {
  expect(read(text)).toEqual({
    refusal: { kind: 'unreadable', change: 'unknown', what: 'the answer has no Response' },
  })
})

test('the content of Response is the payload', () => {
  expect(read('{"Response":{"Status":2,"RequestId":"r-1"}}')).toEqual({ payload: { Status: 2, RequestId: 'r-1' } })
})

test('a code without end is kept whole, to be cleaned before it is cut', () => {
  const code = `ResourceInUse.${'x'.repeat(1_000)}`
  expect(read(refusal(code))).toMatchObject({ refusal: { kind: 'busy', code } })
})

test.for([
  ['{"Response":{"RequestId":"5c2fb0ee-1c6c-4f9e-9f2a-2a8a0a7b2f61"}}', '5c2fb0ee-1c6c-4f9e-9f2a-2a8a0a7b2f61'],
  ['{"Response":{"RequestId" : "r-1","Error":{"Code":"X"}}}', 'r-1'],
  [refusal('X', '"RequestId":"forged"'), 'r-1'],
  ['{"Response":{"RequestId":""}}', undefined],
  ['{"Response":{"RequestId":"<b>"}}', undefined],
  [`{"Response":{"RequestId":"${'r'.repeat(65)}"}}`, undefined],
  ['<html>', undefined],
] as const)('the request id of %j is %s', ([text, id]) => {
  expect(requestIdOf(text)).toBe(id)
})
