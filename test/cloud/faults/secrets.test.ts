import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { redact } from '../../../lib/cloud/redact.ts'
import { CLOUDS, type Cloud, errorOf, HUAWEI, KEYS, scene, TENCENT, thing } from '../clouds.ts'
import { type Arrived, answers, type Behaviour, httpServer } from '../servers.ts'

/** Real tokens have hundreds of characters, more than an excerpt shows. */
const TOKEN = `${KEYS.token}${'0123456789abcdef'.repeat(40)}`
const SECRETS = [KEYS.id, KEYS.secret, TOKEN]

/** A part of a secret is a secret, too. */
const PARTS = SECRETS.map((secret) => secret.slice(0, 12))

let written: string[]
const streams = [process.stdout, process.stderr]
const writes = streams.map((stream) => stream.write)

beforeEach(() => {
  written = []
  for (const stream of streams) {
    stream.write = (chunk: string | Uint8Array): boolean => written.push(String(chunk)) > 0
  }
})

const restore = (): void => {
  for (const [index, stream] of streams.entries()) stream.write = writes[index] ?? stream.write
}
afterEach(restore)

/** Everything visible of a failed call: the error as loggers print it, and the output. */
async function seenOf(cloud: Cloud, does: Behaviour, deadlineMs = 60_000): Promise<string> {
  const { origin } = await httpServer(does)
  const provider = async () => cloud.provider(origin, { token: TOKEN })
  const error = await errorOf(scene(cloud, origin, { provider }).run('once', deadlineMs))
  restore()
  const { message, stack, cause } = error
  return [message, stack, inspect(error, { depth: 9 }), JSON.stringify(error), inspect(cause), ...written].join('\n')
}

const echo = ({ headers }: Arrived): string => JSON.stringify({ ...headers, keys: SECRETS })

const BEHAVIOURS: [string, (cloud: Cloud) => Behaviour][] = [
  ['hangs', () => () => {}],
  [
    'breaks the connection',
    () =>
      (_, { socket }) =>
        socket.destroy(),
  ],
  ['answers 502 with HTML', () => answers(502, '<html>')],
  ['echoes all headers as JSON', () => (response, arrived) => response.end(echo(arrived))],
  ['echoes all headers with 502', () => (response, arrived) => response.writeHead(502).end(echo(arrived))],
  ['echoes the secrets as text', () => (response) => response.end(SECRETS.join(' '))],
  ['echoes the secrets at the end of an excerpt', () => (response) => response.end(`${'.'.repeat(50)}${KEYS.secret}`)],
  ['echoes the token, which is long, as text', () => (response) => response.end(`token: ${TOKEN}`)],
  [
    'echoes all in the message of a refusal',
    (cloud) => (response, arrived) =>
      response.writeHead(400).end(cloud.refusal('DCS.4855', `no: ${SECRETS.join(' ')} ${echo(arrived)}`)),
  ],
  [
    'echoes a secret across the end of a message',
    (cloud) => (response) => response.writeHead(400).end(cloud.refusal('DCS.4855', `${'.'.repeat(290)}${KEYS.secret}`)),
  ],
  ['echoes the secret in the code', (cloud) => answers(400, cloud.refusal(KEYS.secret, 'no'))],
  ['echoes the token in the code', (cloud) => answers(400, cloud.refusal(TOKEN, 'no'))],
  [
    'echoes the id across the end of the code',
    (cloud) => answers(400, cloud.refusal(`${'x'.repeat(18)}${KEYS.id}`, 'no')),
  ],
  [
    'echoes the secret in the request id',
    (cloud) => answers(400, cloud.refusal('X.1', 'no').replace('r-1', KEYS.id), { 'x-request-id': KEYS.id }),
  ],
  ['leads elsewhere', () => answers(302, '', { location: `http://127.0.0.1:1/?${TOKEN}` })],
]

describe.for(CLOUDS)('$name: no secret leaves in a message, a stack or on the console', (cloud) => {
  test.for(BEHAVIOURS)('where the server %s', async ([name, does]) => {
    const seen = await seenOf(cloud, does(cloud), name === 'hangs' ? 1_000 : 60_000)
    expect(PARTS.filter((part) => seen.includes(part))).toEqual([])
  })

  test('not even a signature that could be used again', async () => {
    let signature = 'none'
    const seen = await seenOf(cloud, (response, { headers }) => {
      signature = String(headers.authorization).replace(/.*Signature=/, '')
      response.writeHead(401).end(cloud.refusal('X.1', `bad Authorization: ${headers.authorization}`))
    })
    expect(signature).toMatch(/^[0-9a-f]{64}$/)
    expect(seen).not.toContain(signature)
  })

  test('where the connection cannot be made', async () => {
    const provider = async () => cloud.provider('http://127.0.0.1:1', { token: TOKEN })
    const error = await errorOf(scene(cloud, '', { provider }).run('once', 60_000))
    restore()
    const seen = [inspect(error, { depth: 9 }), ...written].join('\n')
    expect(PARTS.filter((part) => seen.includes(part))).toEqual([])
  })
})

test.for([
  [
    HUAWEI,
    answers(400, HUAWEI.refusal('X'.repeat(10_000), 'm'.repeat(10_000)), { 'x-request-id': 'r'.repeat(10_000) }),
  ],
  [TENCENT, answers(200, TENCENT.refusal('X'.repeat(10_000), 'm'.repeat(10_000)).replace('r-1', 'r'.repeat(10_000)))],
] as const)('the message is short, whatever the server sends: %o', async ([cloud, does]) => {
  const { origin } = await httpServer(does)
  const { call } = scene(cloud, origin)
  const context = { region: 'test-1', deadlineAtMs: Date.now() + 60_000 }
  const { message } = await errorOf(call(thing(cloud, 'once'), { id: 'a' }, context))
  expect(message.length).toBeLessThan(600)
})

test('refused input is named by its field, never by its value', async () => {
  const { call } = scene(HUAWEI, 'http://127.0.0.1:1')
  const context = { region: 'test-1', deadlineAtMs: Date.now() + 60_000 }
  const { facts, message } = await errorOf(call(thing(HUAWEI, 'once'), { id: { a: KEYS.secret } } as never, context))
  expect(facts).toMatchObject({ kind: 'input', change: 'none', what: expect.stringMatching(/^id: /) })
  expect(message).not.toContain(KEYS.secret)
})

test.for([
  ['twice the AKIDAKID1', ['AKIDAKID1'], 'twice the ***'],
  ['AKIDAKID1 and AKIDAKID1', ['AKIDAKID1'], '*** and ***'],
  ['one AKIDAKID1, two SKSKSKSK2', ['AKIDAKID1', 'SKSKSKSK2'], 'one ***, two ***'],
  ['short keys stay: the ab', ['ab', ''], 'short keys stay: the ab'],
  ['eight 12345678, seven 1234567', ['12345678'], 'eight ***, seven 1234567'],
  ['fail, canonicalRequest:PUT|/|\nall of it', [], 'fail'],
  ['x'.repeat(400), [], 'x'.repeat(300)],
  ['fail,   canonicalRequest:PUT, canonicalRequest:x', [], 'fail'],
  [`fail${' '.repeat(200_000)}`, [], `fail${' '.repeat(296)}`],
  // The bound would cut the key in two.
  [`Signature=${'a'.repeat(64 * 1024 - 14)}QQQQQQQQ`, ['QQQQQQQQ'], 'Signature=******'],
] as const)('%.60j without %j is %.60j', ([text, secrets, clean]) => {
  expect(redact(text, [...secrets])).toBe(clean)
})
