import { describe, expect, test } from 'vitest'
import { callerOf, identityOf, keyScopeOf } from '../../lib/api/caller.ts'
import { NotFoundError } from '../../lib/api/errors.ts'
import { isKnown, mayChange } from '../../lib/api/etag.ts'
import { readQuery } from '../../lib/api/http.ts'
import { DeadLettersQuery, RunsQuery } from '../../lib/api/parameters.ts'
import { answeringProblems, problemResponse } from '../../lib/api/problem.ts'
import { waitSecondsOf } from '../../lib/api/wait.ts'
import { NoCredentials } from '../../lib/cloud/provider.ts'
import { DeadLetterCutError } from '../../lib/dead-letters/send-back.ts'
import { KeyReusedError, NotAllowedError, RequestError } from '../../lib/runs/request-error.ts'
import { UnreachableError } from '../../lib/sources/fetch-text.ts'
import { NotConfiguredError } from '../../lib/sources/settings.ts'
import { SignatureError } from '../../lib/sources/verify/signature-error.ts'

describe('Prefer', () => {
  test.for([
    ['wait=10', 10],
    ['WAIT = 10', 10],
    ['respond-async, wait=7', 7],
    ['wait=10; x=y, wait=3', 10],
    ['handling="strict, wait=5", wait=4', 4],
    ['wait="9"', 9],
    ['wait=99', 25],
    ['wait=0', 0],
    ['wait', 0],
    ['wait=', 0],
    ['wait=-1', 0],
    ['wait=1.5', 0],
    ['wait=soon, wait=5', 0],
    ['wait=99999999999999999999', 0],
    ['waiting=5', 0],
    ['', 0],
    [undefined, 0],
  ] as const)('%j waits %d s', ([header, seconds]) => {
    expect(waitSecondsOf(header)).toBe(seconds)
  })
})

describe('a tag', () => {
  test.for([
    ['"7"', true, true],
    ['"6"', false, false],
    ['"6", "7"', true, true],
    ['W/"7"', true, false],
    ['*', true, true],
    ['7', false, false],
    ['', false, false],
    [undefined, false, true],
  ] as const)('%j: known %j, lets a change through %j', ([header, known, lets]) => {
    expect([isKnown(header, { version: 7 }), mayChange(header, { version: 7 })]).toEqual([known, lets])
  })
})

describe('the caller', () => {
  const iam = { userArn: 'arn:aws:iam::1:user/ops' }
  const claims = { iss: 'https://id.example', sub: 'u-1', email: 'ops@example.com', aud: 'x' }
  test.for([
    ['of IAM', { iam }, 'arn:aws:iam::1:user/ops'],
    ['of a JWT', { jwt: { claims, scopes: null } }, 'https://id.example#u-1 (ops@example.com)'],
    [
      'of a JWT without a name',
      { jwt: { claims: { iss: 'https://id.example', sub: 'u-1' } } },
      'https://id.example#u-1',
    ],
    ['of a machine', { jwt: { claims: { iss: 'i', sub: 'm-1', client_id: 'm-1' } } }, 'i#m-1'],
    ['of Cognito', { jwt: { claims: { iss: 'i', sub: 's', 'cognito:username': 'ann' } } }, 'i#s (ann)'],
    ['of a name alone, which is nobody', { jwt: { claims: { email: 'ops@example.com' } } }, 'unauthenticated'],
    ['of a Lambda authorizer', { lambda: { principalId: 'p-1' } }, 'authorizer#p-1'],
    ['of a JWT and an authorizer', { jwt: { claims }, lambda: { principalId: 'p' } }, expect.stringContaining('#u-1')],
    ['of none', { lambda: null }, 'unauthenticated'],
    ['of no authorizer', undefined, 'unauthenticated'],
    ['with a claim that is no text', { jwt: { claims: { sub: ['a'] } } }, 'unauthenticated'],
    ['with control characters', { iam: { userArn: 'a\nb\u0000c\u007fd\u0085e' } }, 'a b c d e'],
    ['with separators of lines and paragraphs', { iam: { userArn: 'a\u2028b\u2029c' } }, 'a b c'],
    ['with marks of direction', { iam: { userArn: '\u202eeva\u2066' } }, '\ufffdeva\ufffd'],
    [
      'with joiners, tags and what else nobody sees',
      { iam: { userArn: 'e\u200bv\u00ad\u2060a\ufeff\u{e0041}' } },
      'e\ufffdv\ufffd\ufffda\ufffd\ufffd',
    ],
    [
      'with a claim of a JWT like that',
      { jwt: { claims: { iss: 'i', sub: 'u\u202e1', email: 'o\np\u200bs' } } },
      'i#u\ufffd1 (o p\ufffds)',
    ],
    ['with a principal like that', { lambda: { principalId: 'p\u20661\r' } }, 'authorizer#p\ufffd1 '],
    ['with letters of any script', { iam: { userArn: 'ева-伊娃-😀' } }, 'ева-伊娃-😀'],
    ['that is too long', { iam: { userArn: 'x'.repeat(501) } }, 'x'.repeat(500)],
    ['with half a character at the bound', { iam: { userArn: `${'x'.repeat(499)}😀` } }, `${'x'.repeat(499)}\ufffd`],
  ] as const)('%s', ([, authorizer, caller]) => {
    const identity = identityOf({ requestContext: { authorizer } as never })
    if (typeof caller === 'string') expect(identity).toBe(caller.replace(/ \(.*\)$/, ''))
    expect(callerOf({ requestContext: { authorizer } as never })).toEqual(caller)
  })
})

describe('the query of GET /runs', () => {
  test('accepts every filter of runs', () => {
    const query = {
      state: 'failed,timed-out',
      operation: 'dcs.instance.flush',
      source: 'ticket',
      target: 'EMR-4zvc5mul',
      batchId: 'batch_1',
      since: '2026-01-01T08:00:00+08:00',
      until: '2026-01-02T00:00:00.5Z',
      limit: '5',
      cursor: 'c',
    }
    expect(readQuery(RunsQuery, query)).toEqual({
      ...query,
      state: ['failed', 'timed-out'],
      target: 'emr-4zvc5mul',
      since: '2026-01-01T00:00:00.000Z',
      until: '2026-01-02T00:00:00.500Z',
      limit: 5,
    })
  })

  test.for([
    [{ state: 'failed,gone' }, 'state', 'must be one of queued, attached'],
    [{ source: 'x' }, 'source', 'must be one of alarm, ticket, http'],
    [{ since: 'yesterday' }, 'since', 'must be an instant such as'],
    [{ since: '2026-01-01T00:00:00Z', until: '2026-01-01T00:00:00Z' }, 'since', 'must be before until'],
    ...['101', '0', 'abc', '', '1e3', ' 7', '+7', '7.5', '0x10', '-1', '9'.repeat(400)].map(
      (limit) => [{ limit }, 'limit', 'must be a whole number from 1 to 100'] as const,
    ),
    [{ target: '' }, 'target', 'must have at least 1 characters'],
    [{ dryRun: 'true' }, 'dryRun', 'is not a known field'],
  ] as const)('%j is refused, naming %s', ([query, field, message]) => {
    const issues = [{ field, message: expect.stringContaining(message) }]
    expect(() => readQuery(RunsQuery, query)).toThrow(expect.objectContaining({ issues }))
  })

  test('of dead letters has pages only', () => {
    expect(readQuery(DeadLettersQuery, { limit: '3' })).toEqual({ limit: 3 })
    expect(() => readQuery(DeadLettersQuery, { state: 'failed' })).toThrow(RequestError)
  })
})

describe('an AWS service', () => {
  const error = (fields: object) => Object.assign(new Error('secret inside'), fields)
  test.for([
    ['throttles', error({ name: 'ThrottlingException', $fault: 'client', $metadata: { httpStatusCode: 400 } }), 503],
    ['has no capacity', error({ name: 'ProvisionedThroughputExceededException', $fault: 'client' }), 503],
    ['fails', error({ name: 'InternalServerError', $fault: 'server', $metadata: { httpStatusCode: 500 } }), 503],
    ['does not answer', error({ name: 'TimeoutError' }), 503],
    ['refuses the connection', error({ code: 'ECONNREFUSED' }), 503],
    ['breaks it', error({ code: 'ECONNRESET' }), 503],
    ['says that we are wrong', error({ name: 'ValidationException', $fault: 'client' }), 500],
    ['says that we may not', error({ name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } }), 500],
  ] as const)('that %s', ([, cause, status]) => {
    const { statusCode, headers, body } = problemResponse(cause)
    expect([statusCode, headers?.['retry-after']]).toEqual([status, status === 503 ? '5' : undefined])
    expect(body).not.toContain('secret inside')
  })

  test('is a fault that is logged', async () => {
    const faults: unknown[] = []
    const fault = error({ name: 'TimeoutError' })
    await answeringProblems(
      () => Promise.reject(fault),
      (one) => faults.push(one),
    )({}, {})
    expect(faults).toEqual([fault])
  })
})

test.for([
  [undefined, 'Idempotency-Key'],
  ['webhook-id', 'webhook-id'],
] as const)('a used key whose field is %j is named %s', async ([keyField, field]) => {
  const refuse = () => Promise.reject(new KeyReusedError('used'))
  const { body = '' } = await answeringProblems(refuse, () => {}, keyField)({}, {})
  expect(JSON.parse(body)).toMatchObject({ status: 422, errors: [{ field, message: 'used' }] })
})

test.for([
  [[new RequestError([]), new Error('ours')], 500],
  [[new Error('ours'), new RequestError([])], 500],
  [[new NotAllowedError('no'), new NotConfiguredError('not set'), new RequestError([])], 503],
  [[new RequestError([]), new NotAllowedError('no')], 403],
] as const)('of several failures (%s) the gravest is the answer: %d', ([failures, status]) => {
  const { statusCode, body } = problemResponse(new AggregateError(failures, 'several failed'))
  expect([statusCode, JSON.parse(body ?? '').status]).toEqual([status, status])
})

const UNPROVEN = 'This delivery is not proven to come from an allowed sender; the log has the reason'
const AGAIN = 'Nothing was done: send it again later. The log has the reason'

test('an internal error goes to onFault with its event, an error of the caller does not', async () => {
  const faults: unknown[] = []
  const ours = new NotConfiguredError('X is not set')
  for (const error of [ours, new SignatureError('no')]) {
    const handle = () => Promise.reject(error)
    await answeringProblems(handle, (fault, event: string) => faults.push([fault, event]))('an event', {})
  }
  expect(faults).toEqual([[ours, 'an event']])
})

test('an answer stays as it is', async () => {
  const answer = answeringProblems(async (event: string) => ({ statusCode: 200, body: event }), expect.fail)
  expect(await answer('an event', {})).toEqual({ statusCode: 200, body: 'an event' })
})

test.for([
  [new RequestError([{ field: 'target.instanceId', message: 'must be' }]), 400, 'target.instanceId: must be'],
  [new KeyReusedError('used'), 422, 'used'],
  // An unauthenticated sender learns nothing of the configuration.
  [new SignatureError('header x-own is missing'), 401, UNPROVEN],
  [new NotAllowedError('no rule allows it'), 403, 'no rule allows it'],
  [new NotFoundError('there is no run "x"'), 404, 'there is no run "x"'],
  [new DeadLetterCutError('it was too large'), 409, 'it was too large'],
  // A sender that gets 4xx gives up, and some switch the feed off: our own faults must not be 4xx.
  [new NotConfiguredError('X_SECRETS needs at least 16 characters'), 503, AGAIN],
  [new UnreachableError('GET jira: no answer'), 503, AGAIN],
  [new NoCredentials('unavailable', 'the secret steadyhand/prod cannot be read'), 503, AGAIN],
  [new Error('password is hunter2'), 500, 'No data is known to be lost: try again, or see the log'],
] as const)('%s is a problem document with status %d', ([error, status, detail]) => {
  const response = problemResponse(error)
  const retry = status === 503 ? { 'retry-after': '5' } : {}
  expect([response.statusCode, response.headers]).toEqual([
    status,
    { 'content-type': 'application/problem+json', ...retry },
  ])
  expect(JSON.parse(response.body ?? '')).toMatchObject({
    type: 'about:blank',
    title: expect.any(String),
    status,
    detail,
  })
})

test.for([
  ['two sessions of a role', 'arn:aws:sts::1:assumed-role/ops/ann', 'arn:aws:sts::1:assumed-role/ops/bob', true],
  ['two roles', 'arn:aws:sts::1:assumed-role/ops/ann', 'arn:aws:sts::1:assumed-role/dev/ann', false],
  ['two accounts', 'arn:aws:sts::1:assumed-role/ops/ann', 'arn:aws:sts::2:assumed-role/ops/ann', false],
  ['two users of a path', 'arn:aws:iam::1:user/team/ann', 'arn:aws:iam::1:user/team/bob', false],
] as const)('%s share idempotency keys, or not', ([, one, other, isShared]) => {
  const scopeOf = (userArn: string) => keyScopeOf({ requestContext: { authorizer: { iam: { userArn } } } as never })
  expect(scopeOf(one) === scopeOf(other)).toBe(isShared)
})
