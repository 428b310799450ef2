import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bearer, deliveryOf } from '../../../lib/local/send/delivery.ts'
import { recipientOf } from '../../../lib/local/send/recipient.ts'
import { SOURCES } from '../../../lib/sources/sources.ts'

const KEY = `whsec_${'C'.repeat(32)}`

describe('--to', () => {
  test.for([
    [undefined, {}, { base: 'http://127.0.0.1:3000', isThisMachine: true }],
    [undefined, { PORT: '4000' }, { base: 'http://127.0.0.1:4000', isThisMachine: true }],
    ['http://localhost:8080/', {}, { base: 'http://localhost:8080', isThisMachine: true }],
    ['http://[::1]:8080', {}, { base: 'http://[::1]:8080', isThisMachine: true }],
    ['http://127.1:8080', {}, { base: 'http://127.0.0.1:8080', isThisMachine: true }],
    ['https://x.example/dev/', {}, { base: 'https://x.example/dev', isThisMachine: false }],
    ['https://127.0.0.1.x.example', {}, { base: 'https://127.0.0.1.x.example', isThisMachine: false }],
  ] as const)('%s is %j %j', ([to, environment, expected]) => {
    expect(recipientOf(to, environment)).toEqual(expected)
  })

  test.for([
    ['http://x.example', '--to needs https: for other machines'],
    ['http://127.0.0.1.x.example', '--to needs https: for other machines'],
    ['http://localhost.x.example', '--to needs https: for other machines'],
    ['ftp://x.example', '--to takes a URL'],
    ['x.example', '--to takes a URL'],
    ['https://user:password@x.example', 'of scheme, host, port and path alone'],
    ['https://x.example?token=1', 'of scheme, host, port and path alone'],
  ] as const)('%s is refused: %s', ([to, message]) => {
    expect(() => recipientOf(to, {})).toThrow(message)
  })
})

describe('the secrets', () => {
  const own = (environment: Record<string, string> = {}): Record<string, string> & { DATA_DIR: string } => {
    const dataDir = mkdtempSync(join(tmpdir(), 'steadyhand-test-'))
    onTestFinished(() => rmSync(dataDir, { recursive: true }))
    return { DATA_DIR: dataDir, ...environment }
  }
  const sent = (to: string | undefined, environment: Record<string, string>, source = 'generic') =>
    deliveryOf({
      sample: { file: 'x.json', source, text: '{"type":"x"}' },
      recipient: recipientOf(to, environment),
      environment,
      nowMs: 1_795_144_327_000,
      id: 'msg_1',
    })

  test('of this machine sign for this machine', () => {
    const environment = own()
    expect(sent(undefined, environment).headers).toEqual(sent('http://localhost:3000', environment).headers)
  })

  test('of this machine never sign for another', () => {
    for (const source of SOURCES.keys()) {
      const [variable] = Object.keys(SOURCES.get(source)?.settings.shape ?? {})
      expect(() => sent('https://x.example', own(), source)).toThrow(`${variable} is not set`)
    }
  })

  test('of another machine are those of the environment, which go before those of this one, too', () => {
    const environment = own({ WEBHOOK_GENERIC_SECRETS: KEY })
    expect(sent('https://x.example/dev', environment)).toMatchObject({
      url: 'https://x.example/dev/webhooks/generic',
      headers: sent('https://y.example', { WEBHOOK_GENERIC_SECRETS: KEY }).headers,
    })
    expect(sent(undefined, environment).headers).toEqual(sent('https://y.example', environment).headers)
    expect(sent(undefined, own()).headers).not.toEqual(sent(undefined, environment).headers)
  })

  test('are not made before npm start has made them', () => {
    expect(() => sent(undefined, { DATA_DIR: '/nowhere/at/all' })).toThrow('npm start makes it')
  })

  test('of the API are what npm start made, unless the environment says another; it goes to this machine only', () => {
    const made = 'a'.repeat(64)
    const environment = own()
    writeFileSync(join(environment.DATA_DIR, 'api-token'), made, { mode: 0o600 })
    const tokens = [environment, { ...environment, API_TOKEN: 'another' }].map((one) =>
      [undefined, 'https://x.example'].map((to) => bearer(recipientOf(to, one), one).authorization),
    )
    expect(tokens).toEqual([
      [`Bearer ${made}`, undefined],
      ['Bearer another', 'Bearer another'],
    ])
    expect(sent(undefined, environment, 'cloudwatch').headers.authorization).toBe(`Bearer ${made}`)
    expect(JSON.stringify(sent(undefined, environment))).not.toContain(made)
  })

  test('of the API go to /events alone', () => {
    const environment = own({ API_TOKEN: 'a-token-of-the-api' })
    expect(sent(undefined, environment, 'cloudwatch').headers.authorization).toBe('Bearer a-token-of-the-api')
    expect(JSON.stringify(sent(undefined, environment))).not.toContain('a-token-of-the-api')
  })
})

test('alarms of CloudWatch go nowhere but to this machine, and it is said how else', () => {
  const recipient = recipientOf('https://x.example', {})
  const sending = {
    sample: { file: 'x.json', source: 'cloudwatch', text: '{}' },
    recipient,
    environment: {},
    nowMs: 0,
    id: 'msg_1',
  }
  expect(() => deliveryOf(sending)).toThrow('aws cloudwatch set-alarm-state')
})
