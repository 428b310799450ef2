import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessOf } from '../../../lib/local/http/access.ts'
import { isLoopback, namesLoopback } from '../../../lib/local/http/loopback.ts'
import { type ProbeGateway, startProbeGateway } from './probe-gateway.ts'

/** Access to the routes that are not open to all. */

const TOKEN = 'test-token-0123456789-0123456789-0123'

describe('a loopback address', () => {
  test.for([
    ['127.0.0.1', true],
    ['127.255.3.4', true],
    ['::1', true],
    ['0:0:0:0:0:0:0:1', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['128.0.0.1', false],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['localhost', false],
    ['', false],
  ] as const)('%s: %j', ([address, expected]) => {
    expect(isLoopback(address)).toBe(expected)
  })

  test.for([
    ['localhost', true],
    ['LOCALHOST:3000', true],
    ['127.0.0.1:3000', true],
    ['[::1]:3000', true],
    ['[::1]', true],
    ['evil.example:3000', false],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example:3000', false],
    ['localhost:3000:1', false],
    ['[evil]', false],
    ['', false],
    [undefined, false],
  ] as const)('is what the header Host %j names: %j', ([host, expected]) => {
    expect(namesLoopback(host)).toBe(expected)
  })
})

describe('listening', () => {
  test.for([
    ['127.0.0.1', undefined, { address: '127.0.0.1' }],
    ['localhost', '', { address: expect.stringMatching(/^(127\.|::1)/) }],
    ['0.0.0.0', TOKEN, { address: '0.0.0.0', token: TOKEN }],
    ['127.0.0.1', TOKEN, { address: '127.0.0.1', token: TOKEN }],
  ] as const)('at %s with the token %j is allowed', async ([host, token, access]) => {
    expect(await accessOf(host, token)).toEqual(access)
  })

  test.for([
    ['0.0.0.0', undefined, 'HOST is 0.0.0.0, which other machines can reach'],
    ['::', undefined, 'openssl rand -hex 32'],
    ['0', undefined, 'HOST is 0 (0.0.0.0)'],
    ['10.1.2.3', '', 'no API_TOKEN is set'],
    ['0.0.0.0', 'x'.repeat(31), 'API_TOKEN must have 32'],
    ['127.0.0.1', 'short', 'API_TOKEN must have 32'],
    ['127.0.0.1', `${'x'.repeat(40)} y`, 'without spaces'],
  ] as const)('at %s with the token %j is refused: %s', async ([host, token, message]) => {
    await expect(accessOf(host, token)).rejects.toThrow(message)
  })

  test('beyond this machine without a token ends the process, and nothing is started', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'steadyhand-access-'))
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../../lib/local/main.ts')], {
      cwd: join(import.meta.dirname, '../../..'),
      env: { PATH: process.env.PATH, DATA_DIR: join(dataDir, 'unused'), PORT: '0', HOST: '0.0.0.0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk))
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(1)
    expect(text).toMatch(/^HOST is 0\.0\.0\.0, which other machines can reach, and no API_TOKEN is set.*\n$/)
    rmSync(dataDir, { recursive: true })
  })
})

/** Sends a request with exactly the given headers, `host` too. */
function ask(url: string, method: string, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number | undefined; headers: NodeJS.Dict<unknown>; text: string }>((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
    sent.on('error', reject).end(method === 'POST' ? '{}' : undefined)
  })
}

/** Headers that browsers and proxies add. */
const OF_OTHERS = [
  'Origin',
  'Via',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'x-forwarded-anything',
  'X-Real-IP',
] as const

const ROUTES = [
  ['POST', '/items'],
  ['POST', '/events'],
  ['GET', '/nowhere'],
] as const

describe('with a token', () => {
  let gateway: ProbeGateway
  beforeAll(async () => {
    gateway = await startProbeGateway({ address: '127.0.0.1', token: TOKEN })
  })
  afterAll(() => gateway.close())

  test.for(ROUTES)('%s %s wants it', async ([method, path]) => {
    for (const authorization of ['', 'Basic x', 'Bearer', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`]) {
      const refused = await ask(gateway.url, method, path, authorization ? { authorization } : {})
      expect([refused.status, refused.headers['content-type']]).toEqual([401, 'application/problem+json'])
      expect(refused.headers['www-authenticate']).toBe('Bearer realm="steadyhand"')
      expect(JSON.parse(refused.text)).toMatchObject({
        type: `${gateway.url}/problems/unauthenticated`,
        status: 401,
      })
      expect(refused.text).not.toContain(TOKEN)
    }
    const allowed = await ask(gateway.url, method, path, { authorization: `bearer ${TOKEN}` })
    expect([200, 400, 404]).toContain(allowed.status)
  })

  test('its bearer is known to the function, and the token is not', async () => {
    const { text } = await ask(gateway.url, 'POST', '/items', { authorization: `Bearer ${TOKEN}` })
    const event = JSON.parse(text)
    expect(event.requestContext.authorizer.iam.userArn).toBe('arn:aws:iam::000000000000:user/bearer')
    expect(text).not.toContain(TOKEN)
  })

  test('a route that is open to all does not want it, and keeps its headers', async () => {
    const { status, text } = await ask(gateway.url, 'POST', '/open', {
      authorization: 'Basic mine',
      host: 'any.example',
    })
    expect([status, JSON.parse(text).headers.authorization]).toEqual([200, 'Basic mine'])
  })

  test('the header Host may name whatever leads here', async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, host: 'steadyhand.example' }
    expect((await ask(gateway.url, 'POST', '/items', headers)).status).toBe(200)
  })

  test.for(OF_OTHERS)('a request with the header %s comes in with it, and not without', async (name) => {
    const others = { [name]: 'https://proxy.example' }
    const statuses = [{ authorization: `Bearer ${TOKEN}` }, { authorization: `Bearer ${TOKEN}x` }, {}].map((headers) =>
      ask(gateway.url, 'POST', '/items', { ...others, ...headers }),
    )
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([200, 401, 401])
  })

  test('what is answered without it names no variable, file or length', async () => {
    const answers = [{}, { authorization: 'Bearer x' }].map((headers) => ask(gateway.url, 'POST', '/items', headers))
    expect((await Promise.all(answers)).map(({ text }) => JSON.parse(text).detail)).toEqual([
      'the header Authorization: Bearer <token> is missing',
      'the token is not the right one',
    ])
  })
})

describe('without a token', () => {
  let gateway: ProbeGateway
  beforeAll(async () => {
    gateway = await startProbeGateway()
  })
  afterAll(() => gateway.close())

  test.for([
    ['evil.example', 403],
    ['evil.example:3000', 403],
    ['localhost', 200],
    ['127.0.0.1:1', 200],
    ['[::1]', 200],
  ] as const)('a request to %s is answered with %d', async ([host, status]) => {
    const { status: got, headers } = await ask(gateway.url, 'POST', '/items', { host })
    expect(got).toBe(status)
    if (status === 403) expect(headers['content-type']).toBe('application/problem+json')
  })

  test.for(OF_OTHERS)('a request with the header %s is refused, by whatever name it comes', async (name) => {
    for (const [method, path] of ROUTES) {
      const headers = { [name]: '', host: 'localhost', authorization: `Bearer ${TOKEN}` }
      const { status, text } = await ask(gateway.url, method, path, headers)
      expect([status, JSON.parse(text)]).toEqual([
        403,
        {
          type: expect.stringMatching(/\/problems\/not-allowed$/),
          status: 403,
          title: 'Not allowed',
          detail:
            `the header ${name.toLowerCase()} shows that a web page or a proxy calls: ` +
            'start with an API_TOKEN, and send it as Authorization: Bearer',
        },
      ])
    }
    expect((await ask(gateway.url, 'POST', '/open', { [name]: 'x' })).status).toBe(200)
  })

  test.for(['X-Forward', 'X-Request-Id', 'Referer', 'Viaduct'])('the header %s says nothing', async (name) => {
    expect((await ask(gateway.url, 'POST', '/items', { [name]: 'x' })).status).toBe(200)
  })

  test('a name of elsewhere reaches no route but the open ones', async () => {
    const host = 'evil.example'
    const statuses = ['/items', '/events', '/nowhere', '/open'].map((path) => ask(gateway.url, 'POST', path, { host }))
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([403, 403, 403, 200])
    expect(gateway.posted).toEqual([])
  })
})
