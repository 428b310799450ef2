import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAlarmEvent } from '../../../lib/sources/alarms/cloudwatch.ts'

type Sample = ReturnType<typeof JSON.parse>
const sample = (name: string): Sample =>
  JSON.parse(readFileSync(`${import.meta.dirname}/../../../events/cloudwatch/${name}.json`, 'utf8'))
const NAME = 'redis-orders-unresponsive'
const ORDERS = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'

/** The one item of a changed event. */
const item = (name: string, change: (event: Sample) => unknown) => {
  const event = sample(name)
  change(event)
  const [first, ...more] = readAlarmEvent(event)
  expect(more).toEqual([])
  return first
}
const snsReading = (change: (message: Sample) => unknown) =>
  item('sns', ({ Records: [{ Sns }] }) => {
    const message = JSON.parse(Sns.Message)
    change(message)
    Sns.Message = JSON.stringify(message)
  })

test.for<[string, unknown, string]>([
  ['a list as deep as can be read', JSON.parse(`${'['.repeat(9_000)}${']'.repeat(9_000)}`), 'nested too deep'],
  ['an object that cannot be a text', { toString: 1 }, '{"toString":1}'],
])('a time that is %s is one that cannot be read', ([, time, unreadTime]) => {
  const change = ({ detail }: Sample) => Object.assign(detail.state, { timestamp: time })
  expect(item('redis-unresponsive', change)).toMatchObject({ alarm: { unreadTime, dedupeKey: expect.any(String) } })
})

describe('by EventBridge, ignored and said why:', () => {
  test.for<[string, (event: Sample) => unknown, string]>([
    [
      'suppressed by another alarm',
      ({ detail }) => Object.assign(detail.state, { actionsSuppressedBy: 'Alarm' }),
      'its actions are suppressed by Alarm',
    ],
    [
      'in its extension',
      ({ detail }) => Object.assign(detail.state, { actionsSuppressedBy: 'ExtensionPeriod' }),
      'its actions are suppressed by ExtensionPeriod',
    ],
    [
      'muted in a way that we do not know',
      ({ detail }) => Object.assign(detail, { muteDetail: '' }),
      'the alarm is muted',
    ],
    ['an unknown state', ({ detail }) => Object.assign(detail.state, { value: 'toString' }), 'the state is toString'],
    ['no ARN', (event) => Object.assign(event, { resources: [] }), 'it does not say which alarm it is'],
    [
      'the ARN of something else',
      (event) => Object.assign(event, { resources: ['arn:aws:ec2:eu-west-1:1:alarm/x'] }),
      'it does not say which alarm it is',
    ],
    [
      'a composite that was only just created',
      ({ detail, resources: [arn] }) =>
        Object.assign(detail.state, { reason: `${arn} was created and its alarm rule evaluates to ALARM` }),
      'the alarm was just created',
    ],
    [
      'replayed, muted and without data',
      (event) => {
        event['replay-name'] = 'again'
        Object.assign(event.detail, { muteDetail: {} })
        event.detail.state.value = 'INSUFFICIENT_DATA'
      },
      'replayed from an archive',
    ],
  ])('%s', ([, change, ignored]) => {
    expect(item('redis-unresponsive', change)).toEqual({ ignored, subject: NAME })
  })

  test.for<[string, (event: Sample) => unknown, string]>([
    ['of another source', (event) => Object.assign(event, { source: 'aws.ec2' }), 'source'],
    [
      'whose suppression cannot be read',
      ({ detail }) => Object.assign(detail.state, { actionsSuppressedBy: 1 }),
      'detail.state.actionsSuppressedBy',
    ],
    [
      'whose past cannot be read',
      ({ detail }) => Object.assign(detail.previousState, { reason: {} }),
      'detail.previousState.reason',
    ],
    ['without a state', ({ detail }) => delete detail.state, 'detail.state'],
    [
      'whose reason cannot be read',
      ({ detail }) => Object.assign(detail.state, { reason: ['x'] }),
      'detail.state.reason',
    ],
    [
      'whose contributor has no id',
      ({ detail }) => Object.assign(detail, { alarmContributor: {} }),
      'detail.alarmContributor.id',
    ],
  ])('an event %s', ([, change, field]) => {
    expect(item('redis-unresponsive', change)).toEqual({
      ignored: expect.stringMatching(new RegExp(`^not a CloudWatch alarm state change: ${field}: `)),
      subject: NAME,
    })
  })

  test('a contributor that is not named', () => {
    expect(item('contributor', ({ detail }) => delete detail.alarmContributor)).toEqual({
      ignored: 'not a CloudWatch alarm state change: it names no contributor',
      subject: 'redis-fleet-unresponsive',
    })
  })
})

test.for<[string, (event: Sample) => unknown]>([
  [
    'just created',
    ({ detail }) => Object.assign(detail.previousState, { reason: 'Unchecked: Initial alarm creation' }),
  ],
  ['suppressed', ({ detail }) => Object.assign(detail.state, { actionsSuppressedBy: 'Alarm' })],
  ['muted', ({ detail }) => Object.assign(detail, { muteDetail: {} })],
])('a recovery counts even if the alarm is %s', ([, change]) => {
  expect(item('ok', change)).toMatchObject({ alarm: { status: 'resolved' } })
})

test.for<[string, (event: Sample) => unknown, string]>([
  [
    'suppressed',
    ({ alarmData }) => Object.assign(alarmData.state, { actionsSuppressedBy: 'Alarm' }),
    'its actions are suppressed by Alarm',
  ],
  ['muted', ({ alarmData }) => Object.assign(alarmData, { muteDetail: {} }), 'the alarm is muted'],
  [
    'just created',
    ({ alarmData }) => Object.assign(alarmData.previousState, { reason: 'Unchecked: Initial alarm creation' }),
    'the alarm was just created',
  ],
  ['without data', ({ alarmData }) => Object.assign(alarmData.state, { value: 'INSUFFICIENT_DATA' }), 'no data'],
])('an action of an alarm that is %s is ignored, too', ([, change, ignored]) => {
  expect(item('lambda-action', change)).toEqual({ ignored, subject: NAME })
})

test.for<[string, (event: Sample) => unknown, string]>([
  ['of another source', (event) => Object.assign(event, { source: 'aws.ec2' }), 'source'],
  ['without an ARN', (event) => Object.assign(event, { alarmArn: null }), 'alarmArn'],
  ['without a state', ({ alarmData }) => delete alarmData.state, 'alarmData.state'],
])('an action %s is ignored', ([, change, field]) => {
  expect(item('lambda-action', change)).toEqual({
    ignored: expect.stringMatching(new RegExp(`^not a CloudWatch alarm state change: ${field}: `)),
    subject: NAME,
  })
})

describe('an alarm of one account', () => {
  const OWN = '111122223333'
  const ALIEN = '444455556666'
  const refused = {
    ignored: expect.stringMatching(/^refused: the event, its ARN and its topic name several accounts: /),
    subject: NAME,
  }
  /** The event as somebody publishes it to a topic of an account. */
  const toTopicOf = (account: string, event: Sample) => {
    const [{ Sns }] = sample('sns').Records
    const TopicArn = `arn:aws:sns:eu-west-1:${account}:alarms`
    return { ...Sns, TopicArn, Message: typeof event === 'string' ? event : JSON.stringify(event) }
  }
  const message = sample('sns').Records[0].Sns.Message
  const without = (...fields: string[]) =>
    Object.fromEntries(Object.entries(JSON.parse(message)).filter(([field]) => !fields.includes(field)))
  const arnIn = (account: string) => `arn:aws:cloudwatch:eu-west-1:${account}:alarm:${NAME}`

  test.for<[string, Sample]>([
    ['by the topic of another', toTopicOf(ALIEN, message)],
    ['by the topic of another, without its ARN', toTopicOf(ALIEN, without('AlarmArn'))],
    ['by the topic of another, without its account', toTopicOf(ALIEN, without('AWSAccountId'))],
    ['by the topic of another, as an event of EventBridge', toTopicOf(ALIEN, sample('redis-unresponsive'))],
    ['by the topic of another, as an action', toTopicOf(ALIEN, sample('lambda-action'))],
    ['by the topic of another, as its end', toTopicOf(ALIEN, { ...JSON.parse(message), NewStateValue: 'OK' })],
    ['with the ARN of another', toTopicOf(OWN, { ...JSON.parse(message), AlarmArn: arnIn(ALIEN) })],
    ['with the ARN of another, raw', { ...JSON.parse(message), AlarmArn: arnIn(ALIEN) }],
    ['in an event of another', { ...sample('redis-unresponsive'), account: ALIEN }],
    ['in an event with the ARN of another', { ...sample('redis-unresponsive'), resources: [arnIn(ALIEN)] }],
    ['in an action of another', { ...sample('lambda-action'), accountId: ALIEN }],
    ['in an action with the ARN of another', { ...sample('lambda-action'), alarmArn: arnIn(ALIEN) }],
  ])('is refused %s', ([, event]) => {
    expect(readAlarmEvent(event)).toEqual([refused])
  })

  test.for<[string, Sample]>([
    ['by its topic', toTopicOf(OWN, message)],
    ['by its topic, without its account', toTopicOf(OWN, without('AWSAccountId'))],
    ['by its topic, as an event of EventBridge', toTopicOf(OWN, sample('redis-unresponsive'))],
    ['raw', JSON.parse(message)],
  ])('is read %s', ([, event]) => {
    expect(readAlarmEvent(event)).toMatchObject([{ alarm: { account: OWN } }])
  })
})

describe('by SNS', () => {
  test.for<[string, (message: Sample) => unknown, object]>([
    [
      'a display name of the region is not believed',
      (it) => Object.assign(it, { Region: 'US East (N. Virginia)' }),
      { region: 'eu-west-1' },
    ],
    [
      'the ARN of an old message is that of its topic',
      (it) => delete it.AlarmArn,
      { identity: `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${NAME}` },
    ],
    [
      'capitals in dimensions',
      (it) => Object.assign(it.Trigger, { Dimensions: [{ Name: 'a', Value: 'b' }] }),
      { dimensions: { a: 'b' }, resource: 'b' },
    ],
    ['dimensions as a map', (it) => Object.assign(it.Trigger, { Dimensions: { a: 'b' } }), { dimensions: { a: 'b' } }],
    [
      'a composite has no trigger',
      (it) => {
        delete it.Trigger
        Object.assign(it, { AlarmRule: 'ALARM(a)', TriggeringChildren: [] })
      },
      { dimensions: {}, resource: undefined },
    ],
    [
      'an alarm over logs has no trigger',
      (it) => {
        delete it.Trigger
        Object.assign(it, { LogGroups: ['a'], QueryString: 'fields @message' })
      },
      { dimensions: {} },
    ],
    [
      'metric math',
      (it) =>
        Object.assign(it, {
          Trigger: {
            Metrics: [
              { Id: 'e1', Expression: 'm1*1' },
              { Id: 'm1', MetricStat: { Metric: { Dimensions: [{ value: 'b', name: 'a' }] } } },
            ],
          },
        }),
      { dimensions: { a: 'b' } },
    ],
    [
      'tags',
      (it) => Object.assign(it, { AlarmTags: { severity: 'Critical' }, AlarmTagsStatus: 'SUCCESS' }),
      { tags: { severity: 'Critical' }, severity: 'critical' },
    ],
    [
      'tags as a list',
      (it) => Object.assign(it, { AlarmTags: [{ Key: 'severity', Value: 'minor' }] }),
      { tags: { severity: 'minor' }, severity: 'minor' },
    ],
    [
      'a severity of no level',
      (it) => Object.assign(it, { AlarmTags: { severity: 'constructor' } }),
      { severity: undefined },
    ],
    [
      'no description, no reason',
      (it) => Object.assign(it, { AlarmDescription: null, NewStateReason: null }),
      { reason: '' },
    ],
    ['after a mute window', (it) => Object.assign(it, { ActionExecutedAfterMuteWindow: true }), { status: 'firing' }],
    ['no data before', (it) => Object.assign(it, { OldStateValue: 'INSUFFICIENT_DATA' }), { status: 'firing' }],
    ['back to OK', (it) => Object.assign(it, { NewStateValue: 'OK' }), { status: 'resolved' }],
  ])('%s', ([, change, expected]) => {
    expect(snsReading(change)).toMatchObject({ alarm: expected })
  })

  test('an old message without its topic is no alarm of any region', () => {
    const { AlarmArn, ...old } = JSON.parse(sample('sns').Records[0].Sns.Message)
    expect(readAlarmEvent(old)).toEqual([{ ignored: 'it does not say which alarm it is', subject: NAME }])
  })

  test('an old message without its account is no alarm of any account', () => {
    const change = (it: Sample) => Object.assign(it, { AlarmArn: null, AWSAccountId: null })
    expect(snsReading(change)).toEqual({ ignored: 'it does not say which alarm it is', subject: NAME })
  })

  test.for<[string, (message: Sample) => unknown, string]>([
    ['without data', (it) => Object.assign(it, { NewStateValue: 'INSUFFICIENT_DATA' }), 'no data'],
    ['suppressed', (it) => Object.assign(it, { ActionsSuppressedBy: 'Alarm' }), 'its actions are suppressed by Alarm'],
    [
      'a composite that was only just created',
      (it) => Object.assign(it, { NewStateReason: `${it.AlarmArn} was created and its alarm rule evaluates to ALARM` }),
      'the alarm was just created',
    ],
  ])('%s is ignored', ([, change, ignored]) => {
    expect(snsReading(change)).toEqual({ ignored, subject: NAME })
  })

  test('each of several messages is read, also next to one that is none', () => {
    const [record] = sample('sns').Records
    const items = readAlarmEvent({ Records: [record, {}, record] })
    expect(items.map((one) => 'alarm' in one)).toEqual([true, false, true])
    expect(items[1]).toEqual({
      ignored: 'not a CloudWatch alarm state change: not an SNS message',
      subject: 'an unknown event',
    })
  })

  test('all messages are read, however many', () => {
    const [record] = sample('sns').Records
    const items = readAlarmEvent({ Records: Array.from({ length: 103 }, () => record) })
    expect(items.filter((item) => 'alarm' in item)).toHaveLength(103)
  })

  test('an envelope in an envelope is not opened', () => {
    const { Sns } = sample('sns').Records[0]
    expect(readAlarmEvent({ ...Sns, Message: JSON.stringify(Sns) })).toEqual([
      { ignored: 'not a CloudWatch alarm state change: it has none of the known shapes', subject: Sns.Subject },
    ])
  })
})

const metric = (dimensions: unknown): object => ({ metricStat: { metric: { dimensions } } })

test.for<[string, unknown, Record<string, string>, string | undefined]>([
  ['of two metrics that agree', [metric({ a: '1' }), metric({ a: '1' })], { a: '1' }, '1'],
  [
    'with two values names no resource',
    [metric({ a: '1', env: 'prod' }), metric({ a: '2', env: 'prod' })],
    { env: 'prod' },
    undefined,
  ],
  ['that is the only one, with two values', [metric({ a: '1' }), metric({ a: '2' })], {}, undefined],
  ['beside another is not the resource', [metric({ a: '1', b: '2' })], { a: '1', b: '2' }, undefined],
  ['is of no expression', [{ expression: 'm1/m2', id: 'e' }, metric({ a: '1' }), metric({})], { a: '1' }, '1'],
  ['is a text', [metric({ a: 1, b: null, c: ['x'], d: { e: 'f' }, g: 'h' })], { g: 'h' }, 'h'],
  [
    'may have any name',
    [metric(JSON.parse('{"__proto__":"1","toString":"2"}'))],
    JSON.parse('{"__proto__":"1","toString":"2"}'),
    undefined,
  ],
  ['is nowhere', [null, 7, 'x', [], { metricStat: null }, metric(null), metric('ab')], {}, undefined],
  ['in no list', 'metrics', {}, undefined],
])('a dimension %s', ([, metrics, dimensions, resource]) => {
  const found = item('redis-unresponsive', ({ detail }) => Object.assign(detail.configuration, { metrics }))
  const alarm = found && 'alarm' in found ? found.alarm : undefined
  expect(Object.entries(alarm?.dimensions ?? {})).toEqual(Object.entries(dimensions))
  expect(alarm?.resource).toBe(resource)
})

test('an attribute of the contributor goes before a dimension of the alarm', () => {
  const found = item('contributor', ({ detail }) =>
    Object.assign(detail.configuration, { metrics: [metric({ dcs_instance_id: ORDERS, env: 'prod' })] }),
  )
  expect(found).toMatchObject({
    alarm: {
      dimensions: { dcs_instance_id: '9c47de18-60fb-4f3e-8a25-7b90cd13e642', env: 'prod' },
      resource: undefined,
    },
  })
})

test('texts are bounded, and have no half characters', () => {
  const found = item('redis-unresponsive', ({ detail }) => {
    detail.alarmName = 'n'.repeat(2000)
    detail.state.reason = `\ud800${'r'.repeat(2000)}`
  })
  expect(found).toMatchObject({ alarm: { name: 'n'.repeat(500), reason: `\ufffd${'r'.repeat(499)}` } })
})

test.for<unknown>([
  undefined,
  null,
  'text',
  7,
  [],
  {},
  { detail: null },
  { Records: {} },
  { Records: [] },
  { Message: {} },
  { toString: 1 },
])('%j is ignored', (event) => {
  expect(readAlarmEvent(event)).toEqual([
    { ignored: expect.stringContaining('not a CloudWatch alarm state change: '), subject: 'an unknown event' },
  ])
})

/** Puts something else at one place of a sample, at any depth. */
const mutated = fc
  .tuple(
    fc.constantFrom('redis-unresponsive', 'lambda-action', 'sns', 'composite', 'contributor', 'metric-math'),
    fc.array(fc.nat(20), { minLength: 1, maxLength: 7 }),
    fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, '__proto__', 'toString', '\ud800', Number.NaN, [[[]]])),
  )
  .map(([name, steps, value]) => {
    const event = sample(name)
    const holder = name === 'sns' ? { message: JSON.parse(event.Records[0].Sns.Message) } : { event }
    let at: Sample = holder
    let key = Object.keys(holder)[0] ?? ''
    for (const step of steps) {
      const inside = at[key]
      if (typeof inside !== 'object' || inside === null || Object.keys(inside).length === 0) break
      at = inside
      key = Object.keys(inside)[step % Object.keys(inside).length] ?? ''
    }
    at[key] = value
    if ('message' in holder) event.Records[0].Sns.Message = JSON.stringify(holder.message) ?? ''
    return 'event' in holder ? holder.event : event
  })

test('whatever an event contains, it is one item, and an alarm is complete', () => {
  fc.assert(
    fc.property(mutated, (event) => {
      const items = readAlarmEvent(event)
      expect(items).toHaveLength(1)
      for (const one of items) {
        if ('alarm' in one) {
          expect(one.alarm.identity).toMatch(/^arn:.+:alarm:/)
          expect(one.alarm.dedupeKey).toMatch(/^[0-9a-f]{64}$/)
          expect(new Date(one.alarm.occurredAt).toISOString()).toBe(one.alarm.occurredAt)
        } else expect(one).toEqual({ ignored: expect.any(String), subject: expect.stringMatching(/./su) })
      }
    }),
    { numRuns: 2000 },
  )
})
