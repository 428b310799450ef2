import { brotliCompressSync, gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { MAX_WEBHOOK_BYTES } from '../../lib/http/body.ts'
import { movedToNow } from '../../lib/local/send/shift-times.ts'
import { decidingBy } from '../../lib/rules/decide.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { receiveWebhook, type WebhookContext } from '../../lib/sources/receive.ts'
import type { WebhookRequest } from '../../lib/sources/source.ts'
import { createWorld, type World } from '../world/world.ts'
import { type Sample, sampleOf } from './sample.ts'
import { delivered, SCHEMES, type Scheme, sourceOf } from './verify/schemes.ts'

const CACHE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const RULES = parseRules(
  `
rules: [{ name: any-alarm, when: { alarm: '*' }, run: dcs.instance.swap, target: { instanceId: ${CACHE} } }]
tickets: [{ name: any-ticket, when: { source: '*', event: '*' }, run: dcs.instance.swap, target: { instanceId: ${CACHE} } }]
`,
  'r.yml',
)

/** For each source: a sample that a rule matches, and a field of any length in it. */
const ROOM: Record<string, { name: string; fill(sample: Sample, text: string): void }> = {
  alertmanager: { name: 'repeated', fill: ({ alerts }, text) => Object.assign(alerts[0].annotations, { text }) },
  grafana: { name: 'redis-latency', fill: ({ alerts }, text) => Object.assign(alerts[0].annotations, { text }) },
  huawei: {
    name: 'alarm',
    fill: (sample, sms_content) => {
      sample.message = JSON.stringify({ ...JSON.parse(sample.message), sms_content })
    },
  },
  tencent: { name: 'hdfs-datanode-down', fill: (sample, text) => Object.assign(sample, { text }) },
  jira: { name: 'approved-flush', fill: ({ issue }, description) => Object.assign(issue.fields, { description }) },
  github: { name: 'labeled-restart', fill: ({ issue }, body) => Object.assign(issue, { body }) },
  pagerduty: { name: 'workflow-started', fill: ({ event }, body) => Object.assign(event.data, { body }) },
  generic: { name: 'ticket-approved', fill: ({ data }, text) => Object.assign(data, { text }) },
  // Its texts are bounded one by one.
  servicenow: {
    name: 'change-approved',
    fill: ({ fields }, text) => {
      for (let at = 0; at < text.length; at += 4000) fields[`f${at}`] = text.slice(at, at + 4000)
    },
  },
}

let world: World
beforeEach(() => {
  world = createWorld()
})

const receive = (scheme: Scheme, delivery: WebhookRequest) => {
  const context: WebhookContext = {
    ...decidingBy({ ports: world.ports, rules: RULES, regions: { huawei: 'cn-north-4' } }),
    settings: async () => scheme.configured(scheme.secrets),
    fetchText: async () => ({ status: 404, text: '' }),
  }
  return receiveWebhook(context, sourceOf(scheme), delivery)
}

function sent(scheme: Scheme, bytes: number): WebhookRequest {
  const { name, fill } = ROOM[scheme.source] ?? expect.unreachable(scheme.source)
  const zone = sourceOf(scheme).zone?.(sourceOf(scheme).settings.parse(scheme.configured(scheme.secrets)))
  const sample = JSON.parse(movedToNow(JSON.stringify(sampleOf(scheme.source, name)), world.now(), zone).text)
  fill(sample, 'log '.repeat(bytes / 4))
  return delivered(scheme, JSON.stringify(sample), { secrets: scheme.secrets, atMs: world.now() })
}

const left = () => [world.runs.size, world.received.size, world.refused.length]

describe.for(SCHEMES)('a large body of $source by $by', (scheme) => {
  test.for([300, 900])('of %i KiB is read', async (kib) => {
    const { results } = await receive(scheme, sent(scheme, kib * 1024))
    expect(results).toEqual([expect.objectContaining({ runs: [expect.any(String)] })])
    expect(left()).toEqual([1, 1, 0])
    expect([...world.received.values()][0]?.cutFromBytes).toBeGreaterThan(kib * 1024)
  })

  test('of more than 1 MiB is refused, recorded with its beginning, and people are notified', async () => {
    const delivery = sent(scheme, MAX_WEBHOOK_BYTES + 4)
    const reason = `the body has ${delivery.body.length} bytes; the limit is 1048576`
    await expect(receive(scheme, delivery)).rejects.toMatchObject({ status: 413, message: reason })
    expect(left()).toEqual([0, 1, 1])
    const [record] = [...world.received.values()]
    expect(record).toMatchObject({
      source: scheme.source,
      results: [{ refused: reason }],
      cutFromBytes: delivery.body.length,
      raw: delivery.body.subarray(0, 16 * 1024).toString(),
    })
    expect(world.refused).toEqual([
      { source: scheme.source, key: record?.id, subject: record?.results[0]?.subject, reason, at: expect.any(String) },
    ])
    // A repeat is published under the same key.
    await expect(receive(scheme, delivery)).rejects.toThrow(reason)
    expect([world.received.size, new Set(world.refused.map(({ key }) => key)).size]).toEqual([1, 1])
  })

  test('that is not authentic leaves no record, however large', async () => {
    const others = { ...scheme, secrets: [scheme.secrets[1], scheme.secrets[0]] as const }
    const delivery = sent(others, MAX_WEBHOOK_BYTES + 4)
    const received = receive({ ...scheme, secrets: [scheme.secrets[0], ''] as const }, delivery)
    await expect(received).rejects.toThrow(/match/)
    expect(left()).toEqual([0, 0, 0])
  })
})

describe.for(SCHEMES)('a packed body of $source by $by', (scheme) => {
  const packed = (delivery: WebhookRequest, encoding: string, body: Buffer): WebhookRequest => ({
    ...delivery,
    headers: { ...delivery.headers, 'content-encoding': encoding },
    body,
  })

  test('is read if the signature is of the unpacked body', async () => {
    const delivery = sent(scheme, 4)
    const { results } = await receive(scheme, packed(delivery, 'gzip', gzipSync(delivery.body)))
    expect(results).toEqual([expect.objectContaining({ runs: [expect.any(String)] })])
    expect([...world.received.values()][0]?.raw).toBe(delivery.body.toString())
  })

  test('with a byte changed is not authentic', async () => {
    if (!scheme.provesBody) return
    const delivery = sent(scheme, 4)
    const other = Buffer.from(delivery.body.toString().replace('log ', 'dog '))
    await expect(receive(scheme, packed(delivery, 'gzip', gzipSync(other)))).rejects.toThrow(/match/)
    expect(left()).toEqual([0, 0, 0])
  })

  test('that unpacks to more than 1 MiB is refused, recorded, and people are notified', async () => {
    // The packed body is signed here: a body that is not unpacked cannot be proven by its content.
    if (scheme.provesBody) return
    const delivery = sent(scheme, 4)
    const bomb = packed(delivery, 'gzip', gzipSync(Buffer.alloc(50 * 1024 * 1024)))
    const reason = 'the unpacked body has more than 1048576 bytes'
    await expect(receive(scheme, bomb)).rejects.toMatchObject({ status: 413, message: reason })
    expect(left()).toEqual([0, 1, 1])
  })

  test.for([
    ['br', 415, 'content-encoding is "br"; send gzip, or none', 1],
    ['gzip', 400, 'the body is not gzip, as content-encoding says', 0],
  ] as const)(
    'as %s, which it is not or is not taken, is refused by name',
    async ([encoding, status, message, told]) => {
      if (scheme.provesBody) return
      const delivery = sent(scheme, 4)
      const refused = receive(scheme, packed(delivery, encoding, brotliCompressSync(delivery.body)))
      await expect(refused).rejects.toMatchObject({ status, message })
      expect(left()).toEqual([0, 1, told])
    },
  )
})

test('a packed body is read, whose signature is of the packed bytes', async () => {
  const scheme = SCHEMES.find(({ source }) => source === 'github') ?? expect.unreachable()
  const { hubSignature } = await import('../../lib/sources/verify/hub-signature.ts')
  const delivery = sent(scheme, 4)
  const body = gzipSync(delivery.body)
  const signature = hubSignature(scheme.secrets[0], body as unknown as string)
  const headers = { 'content-encoding': 'gzip', 'x-hub-signature-256': signature }
  const { results } = await receive(scheme, { ...delivery, headers, body })
  expect(results).toEqual([expect.objectContaining({ runs: [expect.any(String)] })])
})
