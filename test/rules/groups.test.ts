import { beforeEach, describe, expect, test } from 'vitest'
import { boundedResults } from '../../lib/deliveries/bounded-results.ts'
import { decidingBy } from '../../lib/rules/decide.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import type { Result } from '../../lib/runs/delivery.ts'
import { readAlarmEvent } from '../../lib/sources/alarms/cloudwatch.ts'
import { isAlarmsMessage, readAlarmsMessage } from '../../lib/sources/hand-on.ts'
import { receiveEvent, receiveWebhook, type WebhookContext } from '../../lib/sources/receive.ts'
import { type Sample, sampleOf } from '../sources/sample.ts'
import { delivered, SCHEMES, sourceOf } from '../sources/verify/schemes.ts'
import { createWorld, type World } from '../world/world.ts'

const ACCOUNTS = '5b1f0c7a-3d52-4a86-9e0d-1c64f2a7b913'
const RULES = parseRules(
  `
lists: { caches: { accounts-cache: ${ACCOUNTS} } }
rules:
  - name: redis-down
    when: { source: [alertmanager, grafana, cloudwatch], alarm: '*', dimensions: { dcs_instance_id: accounts-* } }
    run: dcs.instance.restart
    target: { instanceId: { dimension: dcs_instance_id, in: caches } }
`,
  'r.yml',
)

let world: World
beforeEach(() => {
  world = createWorld()
})

/** Senders whose deliveries have many alerts. */
const GROUPS = SCHEMES.filter(({ source }) => source === 'alertmanager' || source === 'grafana')
const VERSION: Record<string, string> = { alertmanager: '4', grafana: '1' }

const group = (source: string, count: number, wanted: number[] = [count - 1]): string =>
  JSON.stringify({
    version: VERSION[source],
    status: 'firing',
    receiver: 'r',
    alerts: Array.from({ length: count }, (_, n) => ({
      status: 'firing',
      startsAt: new Date(world.now() - 60_000).toISOString(),
      labels: {
        alertname: 'RedisDown',
        instance: `10.0.0.${n}:9121`,
        dcs_instance_id: wanted.includes(n) ? 'accounts-cache' : `nope-${n}`,
      },
    })),
  })

const contextFor = (scheme: (typeof SCHEMES)[number], more: Partial<WebhookContext> = {}): WebhookContext => ({
  ...decidingBy({ ports: world.ports, rules: RULES, regions: { huawei: 'cn-north-4' } }),
  settings: async () => scheme.configured(scheme.secrets),
  fetchText: async () => ({ status: 404, text: '' }),
  ...more,
})

describe.for(GROUPS)('a group of $source by $by', (scheme) => {
  const receive = (text: string, more: Partial<WebhookContext> = {}) => {
    const delivery = delivered(scheme, text, { secrets: scheme.secrets, atMs: world.now() })
    return receiveWebhook(contextFor(scheme, more), sourceOf(scheme), delivery)
  }

  test.for([160, 1500])('of %i alerts is read to its end: the last one starts its run', async (count) => {
    const { results, reply } = await receive(group(scheme.source, count))
    const [run, ...others] = [...world.runs.values()]
    expect([run?.operation, run?.target, others.length]).toEqual([
      'dcs.instance.restart',
      { instanceId: ACCOUNTS, region: 'cn-north-4' },
      0,
    ])
    expect(results[0]).toEqual({ subject: 'RedisDown', rule: 'redis-down', runs: [run?.id], episode: run?.episodeId })
    expect(results.length).toBeLessThanOrEqual(101)
    const said = results.reduce((sum, one) => sum + (one.times ?? 1), 0)
    expect(said).toBeGreaterThanOrEqual(results.length)
    const [record] = [...world.received.values()]
    expect(record?.results).toEqual(results)
    expect(Math.max(reply.body.length, JSON.stringify(record).length)).toBeLessThan(100_000)
  })

  test('that takes too long is decided as far as it goes, and the rest is handed on', async () => {
    // Each look at the table takes a second: there is time for the first ten.
    const first = await receive(group(scheme.source, 160, [0, 159]), { untilMs: world.now() - 1 })
    expect(world.runs.size).toBe(1)
    expect(first.results).toContainEqual({ subject: scheme.source, handedOn: 150 })
    const messages = world.sentBack.map(({ to, body }) => ({ to, message: readAlarmsMessage(JSON.parse(body)) }))
    expect(messages.map(({ to }) => to)).toEqual(Array(6).fill('alarms'))
    const [delivery] = [...world.received.keys()]
    for (const { message } of messages) {
      expect(message).toMatchObject({ v: 1, source: scheme.source, delivery })
      const items = message?.alarms.map((alarm) => ({ alarm })) ?? []
      await receiveEvent(contextFor(scheme), { source: scheme.source, event: message, items })
    }
    expect(world.runs.size).toBe(2)
    expect([...world.received.values()].map(({ source }) => source)).toEqual(Array(7).fill(scheme.source))
    // It comes again, when there is time: nothing starts twice.
    await receive(group(scheme.source, 160, [0, 159]))
    expect([world.runs.size, world.refused.length]).toEqual([2, 0])
  })

  test('whose rest cannot be handed on fails, and comes again', async () => {
    world.hook = (port, when) => {
      if (port === 'sendBack' && when === 'before') throw new Error('SQS is down')
    }
    await expect(receive(group(scheme.source, 30), { untilMs: 0 })).rejects.toThrow('SQS is down')
    expect(world.received.size).toBe(0)
  })

  test('is handed on in messages that a queue takes; an alarm that none takes is decided at once', async () => {
    const payload = JSON.parse(group(scheme.source, 40, [39]))
    for (const { labels } of payload.alerts.slice(10, 30)) labels.text = 'ü'.repeat(20_000)
    payload.alerts[39].labels.text = 'x'.repeat(210_000)
    await receive(JSON.stringify(payload), { untilMs: 0 })
    expect(world.runs.size).toBe(1)
    const sizes = world.sentBack.map(({ body }) => Buffer.byteLength(body))
    expect(sizes.length).toBeGreaterThan(3)
    expect(Math.max(...sizes)).toBeLessThan(256 * 1024)
  })
})

test('every record of a delivery of SNS is read', async () => {
  const { Records } = sampleOf('cloudwatch', 'sns')
  const event = {
    Records: Array.from({ length: 160 }, (_, n) => {
      const record: Sample = structuredClone(Records[0])
      const message = JSON.parse(record.Sns.Message)
      const name = n === 159 ? 'accounts-cache' : `nope-${n}`
      const dimensions = [{ name: 'dcs_instance_id', value: name }]
      const arn = `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a${n}`
      Object.assign(message, { AlarmArn: arn, StateChangeTime: new Date(world.now()).toISOString() })
      message.Trigger.Dimensions = dimensions
      record.Sns.Message = JSON.stringify(message)
      return record
    }),
  }
  const [scheme] = SCHEMES
  if (!scheme) return
  const results = await receiveEvent(contextFor(scheme), { source: 'cloudwatch', event, items: readAlarmEvent(event) })
  expect(results[0]).toHaveProperty('runs')
  expect(world.runs.size).toBe(1)
})

describe('a message of handed-on alarms', () => {
  const alarm = {
    ...{ source: 's', identity: 'i', name: 'n', account: '', region: '', status: 'firing', dedupeKey: 'd' },
    ...{ occurredAt: '2026-01-01T00:00:00.000Z', reason: '', dimensions: {}, tags: {} },
  }
  const message = { kind: 'steadyhand.alarms', v: 1, source: 's', delivery: 'dlv_1', part: 0, alarms: [alarm] }

  test.for<[string, object, boolean, boolean]>([
    ['as it is sent', {}, true, true],
    ['of another release', { v: 2 }, true, false],
    ['of no alarm', { alarms: [] }, true, false],
    ['of half an alarm', { alarms: [{ ...alarm, dimensions: undefined }] }, true, false],
    ['with more than we know', { more: 1 }, true, false],
    ['of another kind', { kind: 'x' }, false, false],
  ])('%s is known or not, and read or not', ([, change, isKnown, isRead]) => {
    const given = JSON.parse(JSON.stringify({ ...message, ...change }))
    expect([isAlarmsMessage(given), readAlarmsMessage(given) !== undefined]).toEqual([isKnown, isRead])
  })

  test('is nothing where an event of AWS is read', () => {
    expect(readAlarmEvent(message)).toEqual([expect.objectContaining({ ignored: expect.any(String) })])
  })
})

describe('results', () => {
  const ignored = (subject: string): Result => ({ subject, ignored: 'no rule fits' })

  test('that are few stay as they are', () => {
    const few = [ignored('a'), ignored('a'), { subject: 'b', runs: ['run_1'] }]
    expect(boundedResults(few, 'jira')).toEqual(few)
  })

  test('that are many and equal are counted; runs and refusals come first', () => {
    const many: Result[] = [
      ...Array.from({ length: 200 }, () => ignored('a')),
      { subject: 'b', refused: 'too old' },
      { subject: 'c', runs: ['run_1'] },
    ]
    expect(boundedResults(many, 'jira')).toEqual([
      { subject: 'c', runs: ['run_1'] },
      { subject: 'b', refused: 'too old' },
      { ...ignored('a'), times: 200 },
    ])
  })

  test.for([
    ['many', 4000, 5],
    ['long', 110, 3000],
  ] as const)('that are too %s are cut, and that is said', ([, count, length]) => {
    const all = Array.from({ length: count }, (_, n): Result => ignored(`${'ü'.repeat(length)}${n}`))
    const bounded = boundedResults(all, 'jira')
    expect(JSON.stringify(bounded).length).toBeLessThan(60_000)
    const rest = count - (bounded.length - 1)
    expect(bounded.at(-1)).toEqual({
      subject: 'jira',
      ignored: `${rest} more results are not listed: 0 runs, and 0 refused requests among them`,
    })
  })
})
