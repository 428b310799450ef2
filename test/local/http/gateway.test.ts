import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway } from '../../../lib/local/http/gateway.ts'
import type { httpEvent } from '../../../lib/local/http/http-event.ts'
import { type ProbeGateway, startProbeGateway } from './probe-gateway.ts'

let gateway: ProbeGateway
beforeAll(async () => {
  gateway = await startProbeGateway()
})
afterAll(() => gateway.close())

const call = (path: string, init?: RequestInit) => fetch(`${gateway.url}${path}`, init)
const post = (path: string, body: unknown) => call(path, { method: 'POST', body: JSON.stringify(body) })
// The function answers its event.
const eventOf = async (response: Response) => (await response.json()) as ReturnType<typeof httpEvent>
const shown = async (response: Response) => [response.status, await response.json()]

describe('the event of a request', () => {
  test('is that of an HTTP API', async () => {
    const headers = { 'X-Two': 'a', cookie: 'one=1; two=2', 'user-agent': 'test' }
    const event = await eventOf(await call('/items/a%2Fb/parts/%C3%A9?x=1&x=2&y=a%20b', { headers }))
    const { time, timeEpoch, requestId, ...context } = event.requestContext
    const host = new URL(gateway.url).host
    expect({ ...event, requestContext: context, headers: undefined }).toEqual({
      version: '2.0',
      routeKey: 'GET /items/{id}/parts/{part}',
      rawPath: '/items/a%2Fb/parts/%C3%A9',
      rawQueryString: 'x=1&x=2&y=a%20b',
      cookies: ['one=1', 'two=2'],
      queryStringParameters: { x: '1,2', y: 'a b' },
      pathParameters: { id: 'a/b', part: 'é' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'local',
        domainName: host,
        domainPrefix: '127',
        http: {
          method: 'GET',
          path: '/items/a%2Fb/parts/%C3%A9',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        },
        routeKey: 'GET /items/{id}/parts/{part}',
        stage: '$default',
      },
      isBase64Encoded: false,
    })
    expect(event.headers).toMatchObject({ 'x-two': 'a', host })
    expect(event.headers).not.toHaveProperty('cookie')
    expect(time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/)
    expect(timeEpoch).toBeTypeOf('number')
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('joins repeated headers with a comma', async () => {
    const text = await new Promise<string>((resolve) => {
      const sent = request(`${gateway.url}/items/1`, { headers: { 'x-two': ['a', 'b'] } }, (response) => {
        response.setEncoding('utf8').on('data', resolve)
      })
      sent.end()
    })
    expect(JSON.parse(text).headers['x-two']).toBe('a,b')
  })

  test.for([
    ['text', Buffer.from('grüße'), { body: 'grüße', isBase64Encoded: false }],
    ['bytes that are no text', Buffer.from([0xff, 0x00]), { body: '/wA=', isBase64Encoded: true }],
    ['nothing', Buffer.alloc(0), { body: undefined, isBase64Encoded: false }],
  ] as const)('carries %s', async ([, body, expected]) => {
    const event = await eventOf(await call('/open', { method: 'POST', body: new Uint8Array(body) }))
    expect({ body: event.body, isBase64Encoded: event.isBase64Encoded }).toEqual(expected)
  })

  test('names the local user on a route with IAM', async () => {
    const event = await eventOf(await post('/items', {}))
    expect(event.requestContext.authorizer?.iam).toEqual({
      accessKey: 'local',
      accountId: '000000000000',
      callerId: 'local',
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: 'arn:aws:iam::000000000000:user/local',
      userId: 'local',
    })
  })
})

test.for([
  ['GET', '/items/mine', 'GET /items/mine'],
  ['GET', '/items/yours', 'GET /items/{id}'],
  ['PUT', '/rest/a/b', 'ANY /rest/{proxy+}'],
] as const)('%s %s takes the route %s', async ([method, path, key]) => {
  expect((await eventOf(await call(path, { method }))).routeKey).toBe(key)
})

test.for([
  ['no route', 'GET', '/nowhere', 404, 'not-found'],
  ['another method', 'DELETE', '/items/1', 404, 'not-found'],
  ['a path that does not decode', 'GET', '/items/%E0%A4%A', 400, 'invalid-request'],
] as const)('%s is refused', async ([, method, path, status, type]) => {
  expect(await shown(await call(path, { method }))).toMatchObject([status, { type: `${gateway.url}/problems/${type}` }])
})

test.for([
  [
    'an object with statusCode',
    { statusCode: 201, body: 'x', headers: { a: 1 } },
    201,
    'text/plain;charset=utf-8',
    'x',
  ],
  ['a base64 body', { statusCode: 200, body: 'aGk=', isBase64Encoded: true }, 200, 'text/plain;charset=utf-8', 'hi'],
  ['any other JSON', { a: 1 }, 200, 'application/json', '{"a":1}'],
  ['a text', 'plain', 200, 'application/json', 'plain'],
  ['nothing', null, 200, 'application/json', 'null'],
  [
    'a body that is no text',
    { statusCode: 200, body: {} },
    500,
    'application/problem+json',
    expect.stringContaining('/problems/internal-error'),
  ],
  [
    'an impossible status',
    { statusCode: 42 },
    500,
    'application/problem+json',
    expect.stringContaining('/problems/internal-error'),
  ],
  [
    'an impossible header',
    { statusCode: 200, headers: { 'a b': 'c' } },
    500,
    'application/problem+json',
    expect.stringContaining('/problems/internal-error'),
  ],
] as const)('a function may return %s', async ([, result, status, type, text]) => {
  const response = await post('/open', { do: 'response', response: result })
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([status, type, text])
})

test('cookies become set-cookie headers', async () => {
  const response = await post('/open', { do: 'response', response: { statusCode: 200, cookies: ['a=1', 'b=2'] } })
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
})

test('a function that throws is a 500', async () => {
  expect(await shown(await post('/open', { do: 'throw' }))).toMatchObject([500, { title: 'Internal error' }])
})

test('a function slower than its integration is a 503', async () => {
  expect(await shown(await post('/open', { do: 'sleep', ms: 1_800 }))).toEqual([
    503,
    expect.objectContaining({ title: 'Overloaded' }),
  ])
})

test('a web page may not use a route with IAM', async () => {
  for (const origin of ['http://evil.example', 'null']) {
    const init = { method: 'POST', headers: { origin }, body: '{}' }
    const statuses = ['/items', '/events', '/open'].map((path) => call(path, init))
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([403, 403, 200])
  }
})

describe('what two servers would read as two things is refused:', () => {
  const SMUGGLED = 'POST /open HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n'
  const framed = (...lines: string[]): string =>
    ['POST /open HTTP/1.1', 'host: localhost', ...lines, '', `0\r\n\r\n${SMUGGLED}`].join('\r\n')

  test.for([
    ['a length and chunks', framed('content-length: 4', 'transfer-encoding: chunked'), 400],
    ['chunks and a length', framed('transfer-encoding: chunked', 'content-length: 4'), 400],
    ['two lengths', framed('content-length: 0', 'content-length: 5'), 400],
    ['an encoding that is none', framed('transfer-encoding: xchunked'), 400],
    ['another encoding last', framed('transfer-encoding: chunked, identity'), 400],
    ['a space before the colon', framed('transfer-encoding : chunked'), 400],
    ['two hosts', framed('host: evil.example', 'content-length: 0'), 400],
    [
      'an absolute target elsewhere',
      'POST http://evil.example/items HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n',
      403,
    ],
  ] as const)('%s', async ([, request, status]) => {
    const { asked, url, close } = await counting()
    const answer = await answerTo(url, (socket) => socket.end(request))
    await close()
    expect([answer.match(/HTTP\/1\.1 \d+/g), asked]).toEqual([[`HTTP/1.1 ${status}`], []])
  })

  test('an absolute target is read, and its host counts instead of the header', async () => {
    const { asked, url, close } = await counting()
    const request = 'POST http://localhost/items?x=1 HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 0\r\n\r\n'
    const answer = await answerTo(url, (socket) => socket.end(request))
    await close()
    expect([answer.match(/HTTP\/1\.1 \d+/g), asked]).toEqual([['HTTP/1.1 200'], ['items']])
  })

  test('what is framed as it should be is answered', async () => {
    const { asked, url, close } = await counting()
    await answerTo(url, (socket) => socket.end(framed('transfer-encoding: chunked')))
    await close()
    expect(asked).toEqual(['open', 'open'])
  })

  async function counting() {
    const asked: string[] = []
    const open = { key: 'POST /open', method: 'POST', path: '/open', function: 'open', timeoutMs: 10_000 }
    const gateway = await startGateway({
      routes: [
        { ...open, authorization: 'NONE' },
        { ...open, key: 'POST /items', path: '/items', function: 'items', authorization: 'AWS_IAM' },
      ],
      localRoutes: {},
      access: { address: '127.0.0.1' },
      port: 0,
      invoke: async (functionId) => {
        asked.push(functionId)
        return { statusCode: 200 }
      },
      onError: () => undefined,
    })
    return { ...gateway, asked }
  }
})

describe('a body over 10 MB', () => {
  test('is refused by its declared length, unread', async () => {
    const head = 'POST /open HTTP/1.1\r\nhost: x\r\ncontent-length: 10485761\r\n\r\n'
    expect(await answerTo(gateway.url, (socket) => socket.write(head))).toContain('413 Payload Too Large')
  })

  test('is refused when it comes in chunks', async () => {
    const answer = await answerTo(gateway.url, (socket) => {
      socket.write('POST /open HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
      const chunk = Buffer.alloc(1024 * 1024, 'a')
      for (let sent = 0; sent < 11; sent++) {
        socket.write('100000\r\n')
        socket.write(chunk)
        socket.write('\r\n')
      }
    })
    expect(answer).toContain('the body has more than 10485760 bytes')
  })

  test('of exactly 10 MB is taken', async () => {
    const response = await call('/open', { method: 'POST', body: 'a'.repeat(10 * 1024 * 1024) })
    expect((await eventOf(response)).body?.length).toBe(10 * 1024 * 1024)
  })
})

test('a body that does not come is given up', async () => {
  const quick = {
    routes: [],
    localRoutes: { 'POST /x': async () => ({ statusCode: 200 }) },
    access: { address: '127.0.0.1' },
    port: 0,
  }
  const gateway = await startGateway({
    ...quick,
    invoke: async () => null,
    onError: () => undefined,
    requestTimeoutMs: 100,
  })
  const head = 'POST /x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nabc'
  expect(await answerTo(gateway.url, (socket) => socket.write(head))).toContain('408 Request Timeout')
  await gateway.close()
})

function answerTo(url: string, send: (socket: ReturnType<typeof connect>) => void): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => send(socket))
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text
    })
    socket.on('error', () => undefined).on('close', () => resolve(answer))
  })
}
