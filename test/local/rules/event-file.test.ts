import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventTexts, readEvent } from '../../../lib/local/rules/event-file.ts'
import { listSamples } from '../../../lib/local/send/samples.ts'
import { readAlarmEvent } from '../../../lib/sources/alarms/cloudwatch.ts'
import { bytesOf, noWeb } from '../../sources/sample.ts'
import { delivered, SCHEMES, sourceOf } from '../../sources/verify/schemes.ts'

const NOW = Date.parse('2026-11-20T03:13:00Z')
const SAMPLES = listSamples(join(import.meta.dirname, '../../..')).filter((name) => !name.endsWith('-confirmation'))

test.for(SAMPLES)('%s is read as a signed delivery of it is', async (name) => {
  const [source = '', sample = ''] = name.split('/')
  const text = bytesOf(source, sample).toString()
  const read = await readEvent({ source, text, id: 'msg_1' }, { arrival: NOW, nowMs: 0, environment: {} })
  const scheme = SCHEMES.find((one) => one.source === source)
  if (!scheme) return expect(read.items).toEqual(readAlarmEvent(JSON.parse(text)))
  const request = delivered(scheme, text, { atMs: NOW })
  const settings = sourceOf(scheme).settings.parse(scheme.configured([scheme.secrets[0]]))
  const payload = JSON.parse(request.body.toString())
  const items = await sourceOf(scheme).read(payload, { ...request, deliveryId: 'msg_1', settings }, noWeb)
  expect(read).toEqual({ items, atMs: NOW })
})

describe('an event', () => {
  const read = (source: string, sample: string, environment: Record<string, string> = {}) => {
    const text = bytesOf(source, sample).toString()
    return readEvent({ source, text, id: 'msg_1' }, { arrival: 'newest', nowMs: NOW, environment })
  }

  test.for([
    ['cloudwatch', 'redis-unresponsive'],
    ['github', 'labeled-restart'],
    ['tencent', 'hdfs-datanode-down'],
  ])('of %s arrives when the newest thing in it happened, unless it is said', async ([source = '', sample = '']) => {
    const { items, atMs } = await read(source, sample)
    const [item] = items
    const { occurredAt = '' } = item && 'alarm' in item ? item.alarm : item && 'ticket' in item ? item.ticket : {}
    expect(Math.abs(Date.parse(occurredAt) - atMs)).toBeLessThan(10 * 60_000)
  })

  test('is read by the settings of the environment', async () => {
    const topic = 'urn:smn:cn-north-4:other:topic'
    expect(await read('huawei', 'alarm', { WEBHOOK_HUAWEI_TOPICS: topic })).toMatchObject({
      items: [{ ignored: 'the topic is not configured' }],
    })
    const at = async (zone: string): Promise<string> => {
      const { items } = await read('tencent', 'hdfs-datanode-down', { TENCENT_ALARM_ZONE: zone })
      return JSON.stringify(items)
    }
    expect(await at('Asia/Shanghai')).toBe(await at(''))
    expect(await at('UTC')).not.toBe(await at('Asia/Shanghai'))
    await expect(read('tencent', 'recovered', { TENCENT_ALARM_ZONE: 'Mars' })).rejects.toThrow(
      'tencent cannot be read with these settings: TENCENT_ALARM_ZONE must be an IANA time zone',
    )
  })

  test('that would make its source send a request sends none', async () => {
    await expect(read('huawei', 'subscription-confirmation')).rejects.toThrow(
      /^it asks for a request to console.huaweicloud.com, and none is sent from here$/,
    )
  })
})

test.for([
  ['{"a": 1}', ['{"a": 1}']],
  ['{\n "a": 1\n}\n', ['{\n "a": 1\n}\n']],
  ['[{"a": 1}, {"b": 2}]', ['{"a":1}', '{"b":2}']],
  ['{"a": 1}\n\n{"b": 2}\n', ['{"a": 1}', '{"b": 2}']],
  ['{"a": 1}\nnot JSON\n', ['{"a": 1}\nnot JSON\n']],
  ['[]', []],
  ['', ['']],
] as const)('%j has the events %j', ([text, events]) => {
  expect(eventTexts(text)).toEqual(events)
})
