import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { decidingBy } from '../../lib/rules/decide.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { receiveWebhook } from '../../lib/sources/receive.ts'
import type { WebhookRequest } from '../../lib/sources/source.ts'
import { SOURCES } from '../../lib/sources/sources.ts'
import { createWorld, type World } from '../world/world.ts'
import { delivered, SCHEMES, type Scheme, sourceOf } from './verify/schemes.ts'

const EVENTS = join(import.meta.dirname, '../../events')
const TEN = Array.from({ length: 10 }, (_, index) => `id-${index}`)

/** The id that a record of the ten shows: the last, or the one that is signed. */
const SHOWN: Record<string, unknown> = {
  ...{ github: 'id-9', jira: 'id-9', pagerduty: 'id-9' },
  generic: 'one',
  huawei: expect.stringMatching(/^[0-9a-f]{32}$/),
  servicenow: 'one',
}

/** Headers in which senders put an id. */
const ID_HEADERS = [
  ...['x-github-delivery', 'x-github-hook-id', 'x-webhook-id', 'x-atlassian-webhook-identifier', 'webhook-id'],
  ...['x-smn-message-id', 'x-request-id', 'idempotency-key'],
]

let world: World
beforeEach(() => {
  world = createWorld()
})

const sampleOf = ({ source }: Scheme): string => {
  const [first = ''] = globSync('*.json', { cwd: join(EVENTS, source) }).sort()
  return readFileSync(join(EVENTS, source, first), 'utf8')
}
const withField = (text: string): string => JSON.stringify({ ...JSON.parse(text), another: 1 })
const delivery = (scheme: Scheme, id: string, text = sampleOf(scheme)) =>
  delivered(scheme, text, { atMs: world.now(), id })
const receive = async (scheme: Scheme, one: WebhookRequest, rules = 'rules: []') => {
  const context = {
    ...decidingBy({
      ports: world.ports,
      rules: parseRules(rules, 'r.yml'),
      regions: { huawei: 'cn-north-4', tencent: 'ap-guangzhou' },
    }),
    settings: async () => scheme.configured([scheme.secrets[0]]),
    fetchText: async () => ({ status: 404, text: '' }),
  }
  // A refused body has a record, too.
  await receiveWebhook(context, sourceOf(scheme), one).catch(() => undefined)
}
const records = () => [...world.received.values()]

test('every source has a scheme', () => {
  expect([...new Set(SCHEMES.map(({ source }) => source))].sort()).toEqual([...SOURCES.keys()].sort())
})

describe.for(SCHEMES.map((scheme): [string, Scheme] => [`${scheme.source} by ${scheme.by}`, scheme]))(
  'of %s',
  ([, scheme]) => {
    test('the same body under ten ids that are not signed is one record, which shows the last', async () => {
      const unsigned = ID_HEADERS.filter((name) => !scheme.headers.includes(name))
      const one = delivery(scheme, 'one')
      for (const id of TEN) {
        const headers = { ...one.headers, ...Object.fromEntries(unsigned.map((name) => [name, id])) }
        await receive(scheme, { ...one, headers })
      }
      expect(records()).toHaveLength(1)
      expect(records()[0]?.deliveryId).toEqual(
        scheme.provesBody || scheme.source === 'jira' ? SHOWN[scheme.source] : undefined,
      )
    })

    test('another body is another record', async () => {
      await receive(scheme, delivery(scheme, 'one'))
      await receive(scheme, delivery(scheme, 'two', withField(sampleOf(scheme))))
      expect(records()).toHaveLength(2)
    })

    test('the same body packed anew is one record', async () => {
      const one = delivery(scheme, 'one')
      for (const level of [1, 6, 9]) {
        const headers = { ...one.headers, 'content-encoding': 'gzip' }
        await receive(scheme, { ...one, headers, body: gzipSync(Buffer.concat([one.body]), { level }) })
      }
      await receive(scheme, one)
      expect(records()).toHaveLength(1)
    })
  },
)

const schemeOf = (name: string, by: string): Scheme => {
  const found = SCHEMES.find((scheme) => scheme.source === name && scheme.by === by)
  if (!found) throw new Error(name)
  return found
}
const SMN = schemeOf('huawei', 'RSA, in the body')
const STANDARD = schemeOf('generic', 'Standard Webhooks')

test.for([SMN, STANDARD, schemeOf('servicenow', 'Standard Webhooks')])(
  'ten signed ids of $source are ten records',
  async (scheme) => {
    for (const id of TEN) await receive(scheme, delivery(scheme, id))
    expect(records()).toHaveLength(10)
  },
)

test.for<[string, (text: string) => string]>([
  ['spaces', (text) => `${text}\n`],
  ['a field that is not known', withField],
  ['another link to the certificate', (text) => JSON.stringify({ ...JSON.parse(text), signing_cert_url: 'x' })],
])('a message of SMN whose unsigned parts are changed (%s) is one record', async ([, change]) => {
  const one = delivery(SMN, 'one')
  await receive(SMN, one)
  await receive(SMN, { ...one, body: Buffer.from(change(one.body.toString())) })
  expect(records()).toHaveLength(1)
})

test('a record that names runs is not replaced by a repeat that names none', async () => {
  const rules = `
lists: { caches: { orders: 2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef } }
tickets:
  - { name: ask, when: { source: generic, event: ask }, run: dcs.instance.swap, target: { instanceId: { field: data.cache, in: caches } } }
`
  const text = JSON.stringify({ type: 'ask', data: { cache: 'orders' } })
  const one = delivered(STANDARD, text, { atMs: world.now(), id: 'one' })
  await receive(STANDARD, one, rules)
  const [before] = records()
  expect(before?.results).toMatchObject([{ runs: [expect.any(String)] }])
  const refused = { ...one, headers: { ...one.headers, 'content-encoding': 'br' } }
  await receive(STANDARD, refused, rules)
  expect(records()).toEqual([before])
})
