import type { Context } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { callerOf, identityOf, keyScopeOf } from '../../lib/api/caller.ts'
import { baseOf } from '../../lib/api/http/base.ts'
import { isKnown, knowsVersion, mayChange } from '../../lib/api/http/etag.ts'
import { takesGzip } from '../../lib/api/http/finish.ts'
import { type HttpEvent, readQuery } from '../../lib/api/http/http.ts'
import { DeadLettersQuery, DeliveriesQuery, RunsQuery } from '../../lib/api/parameters.ts'
import { answeringProblems } from '../../lib/api/problems/answering.ts'
import { MethodError, NotFoundError } from '../../lib/api/problems/errors.ts'
import { PROBLEM_TYPES } from '../../lib/api/problems/types.ts'
import { waitSecondsOf } from '../../lib/api/runs/wait.ts'
import { NoCredentials } from '../../lib/cloud/provider.ts'
import { DeadLetterCutError } from '../../lib/dead-letters/send-back.ts'
import { KeyReusedError, NotAllowedError, RequestError } from '../../lib/runs/request-error.ts'
import { UnreachableError } from '../../lib/sources/fetch-text.ts'
import { NotConfiguredError } from '../../lib/sources/settings.ts'
import { SignatureError } from '../../lib/sources/verify/signature-error.ts'
import { problemResponse } from './problem-response.ts'

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
    ['"7"', true, true, true],
    ['"6"', false, false, false],
    ['"6", "7"', true, true, true],
    ['"7-0123abcd"', false, true, true],
    ['"77-0123abcd"', false, false, false],
    ['W/"7"', true, true, false],
    ['*', true, true, true],
    ['7', false, false, false],
    ['', false, false, false],
    [undefined, false, false, true],
  ] as const)('%j: known %j, of the version %j, lets a change through %j', ([header, known, ofVersion, lets]) => {
    const run = { version: 7 }
    expect([isKnown(header, '"7"'), knowsVersion(header, run), mayChange(header, run)]).toEqual([
      known,
      ofVersion,
      lets,
    ])
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
      sourceKind: 'ticket',
      source: 'jira',
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
    [{ sourceKind: 'x' }, 'sourceKind', 'must be one of alarm, ticket, http'],
    [{ source: 'jirra' }, 'source', 'did you mean jira?'],
    [{ since: 'yesterday' }, 'since', 'must be an instant such as 2026-01-01T00:00:00Z, not "yesterday"'],
    [
      { since: '2026-11-29T21:00:00 01:00' },
      'since',
      '"2026-11-29T21:00:00 01:00": a "+" in a URL must be written %2B',
    ],
    [{ operation: 'dcs.instance.reboot' }, 'operation', 'did you mean dcs.instance.restart?'],
    [{ since: '2026-01-01T00:00:00Z', until: '2026-01-01T00:00:00Z' }, 'since', 'must be before until'],
    ...['101', '0', 'abc', '', '1e3', ' 7', '+7', '7.5', '0x10', '-1', '9'.repeat(400)].map(
      (limit) =>
        [
          { limit },
          'limit',
          `must be a whole number from 1 to 100, not ${JSON.stringify(limit.slice(0, 60))}`,
        ] as const,
    ),
    [{ target: '' }, 'target', 'must have at least 1 characters'],
    [{ dryRun: 'true' }, 'dryRun', 'is not a parameter of this address'],
  ] as const)('%j is refused, naming %s', ([query, field, message]) => {
    const issues = [{ field, in: 'parameter', message: expect.stringContaining(message) }]
    expect(() => readQuery(RunsQuery, query)).toThrow(expect.objectContaining({ issues }))
  })

  test('of dead letters has pages only', () => {
    expect(readQuery(DeadLettersQuery, { limit: '3' })).toEqual({ limit: 3 })
    expect(() => readQuery(DeadLettersQuery, { state: 'failed' })).toThrow(RequestError)
  })

  test('of deliveries knows every source, and no other', () => {
    expect(readQuery(DeliveriesQuery, { source: 'cloudwatch' })).toEqual({ source: 'cloudwatch', limit: 20 })
    expect(() => readQuery(DeliveriesQuery, { source: 'garfana' })).toThrow(/did you mean grafana\?/)
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

  test('is a problem that is told', async () => {
    const told: unknown[] = []
    const fault = error({ name: 'TimeoutError' })
    const onProblem = (problem: { status: number }, one: unknown) => told.push(problem.status, one)
    await answeringProblems(() => Promise.reject(fault), { onProblem })({}, {} as Context)
    expect(told).toEqual([503, fault])
  })
})

test.for([
  [undefined, 'Idempotency-Key'],
  ['webhook-id', 'webhook-id'],
] as const)('a used key whose header is %j is named %s', async ([keyHeader, header]) => {
  const refuse = () => Promise.reject(new KeyReusedError('used'))
  const options = { onProblem: () => {}, ...(keyHeader ? { keyHeader } : {}) }
  const { body = '' } = await answeringProblems(refuse, options)({}, {} as Context)
  expect(JSON.parse(body)).toMatchObject({ status: 422, errors: [{ header, detail: 'used' }] })
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

test('a problem names its request, and the address of its type at the API', async () => {
  const event = {
    headers: { 'x-forwarded-proto': 'https' },
    rawPath: '/base/runs/x',
    routeKey: 'GET /runs/{id}',
    requestContext: { domainName: 'ops.example' },
  } as unknown as HttpEvent // the fields that are read
  const context = { awsRequestId: '00000000-0000-4000-8000-000000000001' } as Context
  const seen: unknown[] = []
  const answer = answeringProblems(() => Promise.reject(new NotFoundError('none')), {
    onProblem: ({ instance }) => seen.push(instance),
  })
  const { body = '', headers } = await answer(event, context)
  expect(JSON.parse(body)).toEqual({
    type: 'https://ops.example/base/problems/not-found',
    title: 'Not found',
    status: 404,
    detail: 'none',
    instance: 'urn:uuid:00000000-0000-4000-8000-000000000001',
  })
  expect([seen, headers?.['cache-control']]).toEqual([['urn:uuid:00000000-0000-4000-8000-000000000001'], 'no-store'])
})

test('an answer stays as it is, but for what all answers have', async () => {
  const answer = answeringProblems(async (_: Partial<HttpEvent>) => ({ statusCode: 200, body: 'x' }), {
    onProblem: () => expect.fail(),
  })
  expect(await answer({}, {} as Context)).toEqual({
    statusCode: 200,
    body: 'x',
    headers: { 'cache-control': 'no-store' },
  })
})

test.for([
  [new RequestError([{ field: 'target.instanceId', message: 'must be' }]), 400, 'target.instanceId: must be'],
  [new KeyReusedError('used'), 422, 'used'],
  // An unauthenticated sender learns nothing of the configuration.
  [new SignatureError('header x-own is missing'), 401, UNPROVEN],
  [new NotAllowedError('no rule allows it'), 403, 'no rule allows it'],
  [new NotFoundError('there is no run "x"'), 404, 'there is no run "x"'],
  [new MethodError('PUT', 'GET'), 405, 'PUT is not possible here; possible are GET'],
  [new DeadLetterCutError('it was too large'), 409, 'it was too large'],
  // A sender that gets 4xx gives up, and some switch the feed off: our own faults must not be 4xx.
  [new NotConfiguredError('X_SECRETS needs at least 16 characters'), 503, AGAIN],
  [new UnreachableError('GET jira: no answer'), 503, AGAIN],
  [new NoCredentials('unavailable', 'the secret steadyhand/prod cannot be read'), 503, AGAIN],
  [new Error('password is hunter2'), 500, 'No data is known to be lost: try again, or see the log'],
] as const)('%s is a problem document with status %d', ([error, status, detail]) => {
  const response = problemResponse(error)
  const more = status === 503 ? { 'retry-after': '5' } : status === 405 ? { allow: 'GET' } : {}
  expect([response.statusCode, response.headers]).toEqual([
    status,
    { 'content-type': 'application/problem+json', ...more },
  ])
  const problem = JSON.parse(response.body ?? '')
  expect(problem).toMatchObject({ type: expect.stringMatching(/^\/problems\/[a-z-]+$/), status, detail })
  const type = problem.type.split('/').at(-1) as keyof typeof PROBLEM_TYPES
  expect(PROBLEM_TYPES[type]).toMatchObject({ status, title: problem.title })
})

describe('an error names its place', () => {
  test.for([
    [
      { field: 'target.instanceId', message: 'm' },
      { detail: 'm', pointer: '#/target/instanceId' },
    ],
    [
      { field: 'data.a.b', path: ['data', 'a.b'], message: 'm' },
      { detail: 'm', pointer: '#/data/a.b' },
    ],
    [
      { field: 'a/b~c', path: ['a/b~c'], message: 'm' },
      { detail: 'm', pointer: '#/a~1b~0c' },
    ],
    [
      { field: 'ä b', path: ['ä b'], message: 'm' },
      { detail: 'm', pointer: '#/%C3%A4%20b' },
    ],
    [
      { field: 'body', message: 'm' },
      { detail: 'm', pointer: '#' },
    ],
    [
      { field: 'limit', in: 'parameter', message: 'm' },
      { detail: 'm', parameter: 'limit' },
    ],
    [
      { field: 'If-Match', in: 'header', message: 'm' },
      { detail: 'm', header: 'If-Match' },
    ],
  ] as const)('%j as %j', ([issue, shown]) => {
    expect(JSON.parse(problemResponse(new RequestError([issue])).body ?? '').errors).toEqual([shown])
  })
})

describe('the address of the API', () => {
  const event = (over: object) =>
    ({
      headers: {},
      rawPath: '/runs/x/cancel',
      routeKey: 'POST /runs/{id}/cancel',
      requestContext: { domainName: 'api.example' },
      ...over,
    }) as unknown as HttpEvent // the fields that are read
  test.for([
    [{}, undefined, 'http://api.example'],
    [{ headers: { 'x-forwarded-proto': 'https' } }, undefined, 'https://api.example'],
    [{ rawPath: '/a/b/runs/x/cancel' }, undefined, 'http://api.example/a/b'],
    [{ routeKey: '$default', rawPath: '/nowhere' }, undefined, 'http://api.example'],
    [{ requestContext: { domainName: '127.0.0.1:3000' } }, undefined, 'http://127.0.0.1:3000'],
    [{ requestContext: { domainName: '[::1]:3000' } }, undefined, 'http://[::1]:3000'],
    [{ requestContext: { domainName: 'evil.example/x?' } }, undefined, ''],
    [{ requestContext: {} }, undefined, ''],
    [{}, 'https://ops.example/steadyhand', 'https://ops.example/steadyhand'],
  ] as const)('of %j with %j is %s', ([over, publicUrl, base]) => {
    expect(baseOf(event(over), publicUrl)).toBe(base)
  })
})

describe('a caller takes gzip by', () => {
  test.for([
    ['gzip', true],
    ['br, gzip;q=0.5', true],
    ['*', true],
    ['GZIP', true],
    ['gzip;q=0', false],
    ['gzip;q=0.0, *', false],
    ['br', false],
    ['', false],
    [undefined, false],
  ] as const)('%j: %s', ([header, takes]) => {
    expect(takesGzip(header)).toBe(takes)
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
