import { beforeEach, describe, expect, test } from 'vitest'
import { decidingBy } from '../../lib/rules/decide.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import type { Rules } from '../../lib/rules/rules.ts'
import { NotAllowedError } from '../../lib/runs/request-error.ts'
import type { Alarm } from '../../lib/sources/alarm.ts'
import { receiveEvent, receiveWebhook, type WebhookContext } from '../../lib/sources/receive.ts'
import type { WebhookRequest } from '../../lib/sources/source.ts'
import { generic } from '../../lib/sources/tickets/generic.ts'
import { createWorld, type World } from '../world/world.ts'

const CACHE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const SECRETS = [`whsec_${'A'.repeat(32)}`, `whsec_${'B'.repeat(32)}`] as const
const rulesFor = (run: string) =>
  parseRules(
    `
lists: { caches: { orders: ${CACHE} } }
tickets:
  - { name: ask, when: { source: generic, event: ask }, run: ${run}, target: { instanceId: { field: data.cache, in: caches } } }
requests:
  - { name: desk, when: { source: generic }, run: dcs.*, resources: '*' }
`,
    'r.yml',
  )

const REGIONS = { huawei: 'cn-north-4', tencent: 'ap-guangzhou' }

let world: World
let context: WebhookContext
let rules: Rules
/** How often the settings were looked up, and whether anew. */
let lookups: boolean[]
beforeEach(() => {
  world = createWorld()
  lookups = []
  rules = rulesFor('dcs.instance.swap')
  context = {
    ports: world.ports,
    decide: (...asked) => decidingBy({ ports: context.ports, rules, regions: REGIONS }).decide(...asked),
    settings: async ({ refresh = false } = {}) => {
      lookups.push(refresh)
      return { WEBHOOK_GENERIC_SECRETS: SECRETS[0] }
    },
    fetchText: async () => {
      throw new Error('nothing is fetched')
    },
  }
})

const deliver = (payload: unknown, id = 'msg_1', secret: string = SECRETS[0]): WebhookRequest => {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const signed = generic.sign(body, { WEBHOOK_GENERIC_SECRETS: [secret] }, { id, atMs: world.now() })
  return { method: 'POST', headers: signed.headers, query: {}, body: Buffer.from(body), atMs: world.now() }
}
const receive = (delivery: WebhookRequest) => receiveWebhook(context, generic, delivery)
const TARGET = { clusterId: 'emr-4zvc5mul', services: [{ name: 'HDFS' }] }
const ALARM: Alarm = {
  source: 'cloudwatch',
  identity: 'al1',
  name: 'slow',
  account: '',
  region: '',
  status: 'firing',
  occurredAt: '2026-01-01T00:00:00.000Z',
  dedupeKey: 'd',
  reason: '',
  dimensions: { id: CACHE },
  tags: {},
}
const ASK = { type: 'ask', data: { cache: 'orders' } }

describe('a webhook', () => {
  test('that a rule matches starts a run, and is recorded with its results', async () => {
    const { results, reply } = await receive(deliver(ASK))
    const [id = ''] = [...world.runs.keys()]
    expect(results).toEqual([{ subject: 'msg_1', rule: 'ask', runs: [id] }])
    const shown = { results: [{ subject: 'msg_1', rule: 'ask', runIds: [id] }] }
    expect(reply).toEqual({ contentType: 'application/json', body: JSON.stringify(shown) })
    expect([...world.received.values()]).toEqual([
      {
        id: expect.stringMatching(/^dlv_[0-9a-f]{32}$/),
        kind: 'delivery',
        source: 'generic',
        deliveryId: 'msg_1',
        createdAt: '2026-01-01T00:00:00.000Z',
        results,
        raw: JSON.stringify(ASK),
        expiresAtSeconds: Date.parse('2026-04-01T00:00:00Z') / 1000,
      },
    ])
  })

  test('that no rule matches is recorded with the reason', async () => {
    await receive(deliver({ type: 'news' }))
    expect([...world.received.values()]).toMatchObject([
      { results: [{ subject: 'msg_1', ignored: 'no rule fits; closest is ask: event is news, not ask' }] },
    ])
    expect(world.runs.size).toBe(0)
  })

  test('that comes again is answered as before, also under other rules', async () => {
    const first = await receive(deliver(ASK))
    rules = rulesFor('dcs.instance.restart')
    expect(await receive(deliver(ASK))).toEqual(first)
    expect([...world.runs.values()].map(({ operation }) => operation)).toEqual(['dcs.instance.swap'])
    expect(world.refused).toEqual([])
  })

  test('that comes again when its rule is gone is the run that it started', async () => {
    await receive(deliver(ASK))
    rules = parseRules('tickets: []', 'r.yml')
    const runs = [...world.runs.keys()]
    expect(await receive(deliver(ASK))).toMatchObject({ results: [{ subject: 'msg_1', runs }] })
    expect(world.runs.size).toBe(1)
  })

  test('that was ignored is decided again when it is repeated: the rules may have changed', async () => {
    rules = parseRules('rules: []', 'r.yml')
    await receive(deliver(ASK))
    rules = rulesFor('dcs.instance.swap')
    expect(await receive(deliver(ASK))).toMatchObject({ results: [{ runs: [expect.any(String)] }] })
  })

  test('that comes ten times at once starts one run', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => receive(deliver(ASK))))
    expect(new Set(answers.map(({ reply }) => reply.body)).size).toBe(1)
    expect(world.runs.size).toBe(1)
  })

  test('under an id that was used for another body is no repeat', async () => {
    await receive(deliver(ASK))
    await expect(receive(deliver({ ...ASK, data: { cache: 'orders', more: 1 } }))).resolves.toHaveProperty('results')
    expect(world.runs.size).toBe(1)
  })

  test('that cannot be recorded has started its run all the same', async () => {
    world.hook = (port, when) => {
      if (port === 'keepDelivery' && when === 'before') throw new Error('throttled')
    }
    expect(await receive(deliver(ASK))).toMatchObject({ results: [{ runs: [expect.any(String)] }] })
  })

  test('whose run cannot be stored fails, and may come again', async () => {
    world.hook = (port, when) => {
      if (port === 'create' && when === 'before') throw new Error('throttled')
    }
    await expect(receive(deliver(ASK))).rejects.toThrow('throttled')
    expect(world.received.size).toBe(0)
    world.hook = () => {}
    await receive(deliver(ASK))
    expect(world.runs.size).toBe(1)
  })

  test('of which one thing fails has all others decided, and comes again', async () => {
    const alerts = Array.from({ length: 25 }, (_, index) => ({ alarm: { ...ALARM, dedupeKey: `d${index}` } }))
    rules = parseRules(
      'rules: [{ name: swap, when: { alarm: slow }, run: dcs.instance.swap, target: { instanceId: { dimension: id } } }]',
      'r.yml',
    )
    let creates = 0
    world.hook = (port, when) => {
      if (port === 'create' && when === 'before' && ++creates === 3) throw new Error('throttled')
    }
    await expect(receiveEvent(context, { source: 'cloudwatch', event: {}, items: alerts })).rejects.toThrow('throttled')
    expect([world.runs.size, world.received.size]).toEqual([24, 0])
  })

  test.for([
    [
      'not allowed',
      { type: 'run.requested', data: { operation: 'emr.service.stop', target: TARGET } },
      'no rule of `requests`',
    ],
    ['spelt wrong', { type: 'run.requested', data: {} }, 'data.operation: is missing'],
    ['no JSON', 'x', 'the body is not JSON'],
  ] as const)('that is authentic and %s is recorded with the reason', async ([, payload, reason]) => {
    await expect(receive(deliver(payload))).rejects.toThrow(reason)
    expect([...world.received.values()]).toMatchObject([
      { deliveryId: 'msg_1', results: [{ subject: 'msg_1', refused: expect.stringContaining(reason) }] },
    ])
    expect([world.runs.size, world.refused.length]).toEqual([0, 0])
  })

  test.for([
    ['only the sender can mend', [new NotAllowedError('not allowed'), new NotAllowedError('nor this')], 1],
    ['the sender can mend in part', [new Error('throttled'), new NotAllowedError('not allowed')], 1],
    ['the sender cannot mend', [new Error('throttled'), new Error('late')], 0],
  ] as const)(
    'that is authentic and fails twice, which %s, is recorded if a sender must know',
    async ([, errors, records]) => {
      const rest = [...errors]
      context.decide = async () => {
        throw rest.shift()
      }
      const twoItems = { ...generic, read: () => [{ alarm: ALARM }, { alarm: ALARM }] }
      const receiving = receiveWebhook(context, twoItems, deliver(ASK))
      await expect(receiving).rejects.toThrow(`2 failed: ${errors.map(({ message }) => message).join('; ')}`)
      expect(world.received.size).toBe(records)
    },
  )

  test('is cut in its record where it is long, not inside a character', async () => {
    await receive(deliver({ type: 'news', data: 'ü'.repeat(20_000) }))
    const [record] = [...world.received.values()]
    expect(record?.cutFromBytes).toBe(40_025)
    expect(record?.raw).toMatch(/ü$/)
    expect(Buffer.byteLength(record?.raw ?? '')).toBeLessThanOrEqual(16 * 1024)
  })
})

describe('authenticity', () => {
  test('a delivery that is not authentic is neither read nor recorded', async () => {
    await expect(receive(deliver('not even JSON', 'msg_1', SECRETS[1]))).rejects.toThrow('matches no secret')
    expect([world.received.size, world.runs.size]).toEqual([0, 0])
  })

  test('a secret that was just replaced is looked up once more', async () => {
    context.settings = async ({ refresh = false } = {}) => {
      lookups.push(refresh)
      return { WEBHOOK_GENERIC_SECRETS: SECRETS[refresh ? 1 : 0] }
    }
    await expect(receive(deliver(ASK, 'msg_1', SECRETS[1]))).resolves.toHaveProperty('results')
    expect(lookups).toEqual([false, true])
  })

  test.for([
    [{}, 'webhooks of generic are not configured: WEBHOOK_GENERIC_SECRETS is not set'],
    [
      { WEBHOOK_GENERIC_SECRETS: '' },
      'webhooks of generic are not configured: WEBHOOK_GENERIC_SECRETS needs at least one secret',
    ],
    [
      { WEBHOOK_GENERIC_SECRETS: 'whsec_hunter2' },
      'webhooks of generic are not configured: WEBHOOK_GENERIC_SECRETS.0 must be whsec_ followed by at least 24 bytes in base64',
    ],
  ] as const)('with settings %j nobody is authentic, and the error says what to set', async ([settings, message]) => {
    context.settings = async () => settings
    await expect(receive(deliver(ASK))).rejects.toThrow(message)
    expect([world.received.size, world.runs.size]).toEqual([0, 0])
  })

  test('settings that are wrong are not looked up once more', async () => {
    context.settings = async ({ refresh = false } = {}) => {
      lookups.push(refresh)
      return {}
    }
    await expect(receive(deliver(ASK))).rejects.toThrow('is not set')
    expect(lookups).toEqual([false])
  })
})

test('an event of AWS is recorded under its own text', async () => {
  const event = { id: 'e1' }
  const item = { subject: 'dead', ignored: 'the alarm is muted' }
  expect(await receiveEvent(context, { source: 'cloudwatch', event, items: [item] })).toEqual([item])
  expect([...world.received.values()]).toMatchObject([{ source: 'cloudwatch', results: [item], raw: '{"id":"e1"}' }])
})
