import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { matchAlarm } from '../../lib/rules/match.ts'
import { parseRules, readRules } from '../../lib/rules/read-rules.ts'
import type { Alarm } from '../../lib/sources/alarm.ts'

const ALARM: Alarm = {
  source: 'cloudwatch',
  identity: 'arn:alarm',
  name: 'redis-orders-unresponsive',
  account: '111122223333',
  region: 'eu-west-1',
  status: 'firing',
  occurredAt: '2026-11-20T03:12:07.344Z',
  dedupeKey: 'd1',
  reason: 'Threshold Crossed',
  dimensions: { dcs_instance_id: '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef' },
  tags: { env: 'prod' },
}

const NOW = Date.parse(ALARM.occurredAt) + 60_000

const rule = (fields: string): string => `rules:
  - name: one
    when: { alarm: redis-* }
    run: dcs.instance.restart
    target: { instanceId: { dimension: dcs_instance_id } }
    anyTarget: true
${fields}`

const shipped = (file: string): string => readFileSync(`${import.meta.dirname}/../../events/${file}`, 'utf8')

test('the rules of the samples are valid', () => {
  expect(parseRules(shipped('sample-rules.yml'), 's.yml').rules.map(({ name }) => name)).toContain(
    'restart-unresponsive-redis',
  )
})

test('no shipped rule is in force, and each section shows one as a comment', () => {
  const text = shipped('rules.yml')
  expect(parseRules(text, 'r.yml')).toMatchObject({
    lists: {},
    groups: {},
    windows: {},
    rules: [],
    tickets: [],
    requests: [],
  })
  expect(parseRules(text, 'r.yml')).not.toHaveProperty('callers')
  expect(parseRules(text, 'r.yml')).not.toHaveProperty('policy')
  const all = text.replaceAll(/: (?:\[\]|\{\})$/gm, ':').replaceAll(/^#(?=\S| {2})/gm, '')
  const { lists, groups, windows, rules, tickets, requests, callers, policy } = parseRules(all, 'all.yml')
  expect(Object.keys(windows)).toEqual(['night', 'year-end'])
  expect(Object.keys(groups)).toEqual(['caches'])
  const sections = [Object.keys(lists), rules, tickets, requests, callers, policy]
  expect(sections.map((one) => one?.length)).toEqual([1, 1, 1, 1, 1, 3])
})

test('a matched alarm becomes a request', () => {
  expect(matchAlarm(ALARM, parseRules(rule(''), 'r.yml'), NOW)).toEqual({
    rule: expect.objectContaining({ name: 'one' }),
    request: {
      operation: 'dcs.instance.restart',
      target: { instanceId: '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef' },
      collision: 'skip',
      source: { kind: 'alarm', name: 'cloudwatch', id: 'arn:alarm', rule: 'one', reason: 'Threshold Crossed' },
      limits: {
        rule: 'one',
        began: { at: ALARM.occurredAt, settleMs: 300_000 },
        cooldownMs: 1_800_000,
        atMost: [
          { count: 2, windowMs: 3_600_000, per: 'resource' },
          { count: 5, windowMs: 86_400_000, per: 'resource' },
        ],
      },
      idempotencyKey: 'alarm/cloudwatch/d1',
      notAfter: new Date(Date.parse(ALARM.occurredAt) + 30 * 60_000).toISOString(),
    },
  })
})

describe('a pattern', () => {
  test.for([
    ['redis-orders-unresponsive', true],
    ['redis-*', true],
    ['*-unresponsive', true],
    ['*', true],
    ['redis-*-unresponsive', true],
    ['*orders*', true],
    ['r*s*o*s*e', true],
    ['redis-orders', false],
    ['orders-*', false],
    ['redis-orders-unresponsive*x', false],
    ['redis.orders.unresponsive', false],
    ['redis-orders-unre*e-unresponsive', false],
    ['*responsive*responsive', false],
  ] as const)('%s fits the alarm: %s', ([pattern, fits]) => {
    const rules = parseRules(rule('').replace('redis-*', JSON.stringify(pattern)), 'r.yml')
    expect('request' in matchAlarm(ALARM, rules, NOW)).toBe(fits)
  })

  test.for([
    ['account: "1111*"', true],
    ['account: "2222*"', false],
    ['region: eu-*', true],
    ['region: us-*', false],
    ['tags: { env: prod }', true],
    ['tags: { env: test }', false],
    ['tags: { toString: "*" }', false],
    ['dimensions: { dcs_instance_id: 2e80* }', true],
    ['dimensions: { other: "*" }', false],
    ['source: cloudwatch', true],
    ['source: huawei', false],
    ['source: [huawei, cloud*]', true],
    ['severity: [critical]', false],
  ] as const)('with %s the rule fits: %s', ([condition, fits]) => {
    const rules = parseRules(rule('').replace('{ alarm: redis-* }', `{ alarm: redis-*, ${condition} }`), 'r.yml')
    expect('request' in matchAlarm(ALARM, rules, NOW)).toBe(fits)
  })
})

test.for([
  ['critical', true],
  ['minor', false],
  [undefined, false],
] as const)('of severity %s it fits a rule for critical or major: %s', ([severity, fits]) => {
  const text = rule('').replace('{ alarm: redis-* }', '{ alarm: redis-*, severity: [critical, major] }')
  expect('request' in matchAlarm({ ...ALARM, severity }, parseRules(text, 'r.yml'), NOW)).toBe(fits)
})

test('the first rule that fits decides', () => {
  const second = rule('').replace('rules:\n', '').replace('name: one', 'name: two')
  expect(matchAlarm(ALARM, parseRules(rule(second), 'r.yml'), NOW)).toMatchObject({ rule: { name: 'one' } })
})

test('no rule, no run', () => {
  expect(matchAlarm(ALARM, parseRules('rules: []', 'r.yml'), NOW)).toEqual({ ignored: 'no rule fits' })
})

test.for([
  [29, true],
  [31, false],
  [24 * 60, false],
  [-4, true],
  [-6, false],
] as const)('an alarm that is %d minutes old may start a run: %s', ([minutes, starts]) => {
  const result = matchAlarm(ALARM, parseRules(rule(''), 'r.yml'), Date.parse(ALARM.occurredAt) + minutes * 60_000)
  expect('request' in result && result.late === undefined).toBe(starts)
})

test('an alarm without the dimension names no target', () => {
  expect(matchAlarm({ ...ALARM, dimensions: {} }, parseRules(rule(''), 'r.yml'), NOW)).toEqual({
    rule: expect.objectContaining({ name: 'one' }),
    refused: 'there is no dimension dcs_instance_id for target.instanceId',
  })
})

test.for(['toString', 'constructor', '__proto__'])('a dimension named %s is only a dimension of the alarm', (name) => {
  const text = rule('').replace('dimension: dcs_instance_id', `dimension: ${name}`)
  expect(matchAlarm(ALARM, parseRules(text, 'r.yml'), NOW)).toEqual({
    rule: expect.objectContaining({ name: 'one' }),
    refused: `there is no dimension ${name} for target.instanceId`,
  })
})

describe('a restart by alarm', () => {
  const withTarget = (target: string, more = '') =>
    `lists: { caches: [2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef] }
rules:
  - name: one
    when: { alarm: redis-* }
    run: dcs.instance.restart
    target: { instanceId: ${target} }
${more}`

  test.for([
    ['{ dimension: id }', 'dimension id'],
    ['{ tag: id }', 'tag id'],
    ['{ alarm: resource }', 'resource'],
  ])('of any instance that an alarm names by %s is refused at start', ([target = '', reference]) => {
    const message = `r.yml:6: rule one: target.instanceId: an alarm could name any by its ${reference}; add in: <list>, or set anyTarget: true`
    expect(() => parseRules(withTarget(target), 'r.yml')).toThrow(message)
    expect(() => parseRules(withTarget(target, '    anyTarget: false'), 'r.yml')).toThrow(message)
  })

  test.for([
    ['{ dimension: id, in: caches }', ''],
    ['2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef', ''],
    ['{ dimension: id }', '    anyTarget: true'],
  ])('of %s is accepted%s', ([target = '', more]) => {
    expect(parseRules(withTarget(target, more), 'r.yml').rules).toHaveLength(1)
  })

  test('alone needs a list: operations that harm less need none', () => {
    const text = withTarget('{ dimension: id }').replace('instance.restart', 'instance.swap')
    expect(parseRules(text, 'r.yml').rules).toHaveLength(1)
  })
})

describe('a malformed file says which line', () => {
  test.for([
    ['rules:\n  - name: [', 'r.yml:2: '],
    ['', 'r.yml:1: the file is empty: it needs rules, tickets, requests or callers'],
    ['# none yet\n', 'r.yml:1: the file is empty'],
    ['- rules', 'r.yml:1: file: must be an object, not an array'],
    ['rules:\n  - *one', 'r.yml:1: Unresolved alias'],
    ['lists: {}\n\nticket:\n  - name: one', 'r.yml:3: ticket: is not a known key'],
    [rule('    cooldowns: 5m'), 'r.yml:7: rules.0.cooldowns: is not a known key'],
    [
      rule('    cooldown: 5'),
      'r.yml:7: rules.0.cooldown: must be a whole number of minutes, hours or days, such as 30m, 2h or 1d',
    ],
    [
      rule('    cooldown: 5s'),
      'r.yml:7: rules.0.cooldown: must be a whole number of minutes, hours or days, such as 30m, 2h or 1d',
    ],
    [rule('    settle: 8d'), 'r.yml:7: rules.0.settle: must be 7d at most'],
    [rule('    limits: 2 per 1h'), 'r.yml:7: rules.0.limits: '],
    [
      rule('    limits: [2 an hour]'),
      'r.yml:7: rules.0.limits.0: must be such as `2 per 1h`, `2 per 1h per resource` or `10 per 1h per rule`',
    ],
    [
      rule('    limits: [2 per 1h per instance]'),
      'r.yml:7: rules.0.limits.0: must be such as `2 per 1h`, `2 per 1h per resource` or `10 per 1h per rule`',
    ],
    [rule('    limits: [0 per 1h]'), 'r.yml:7: rules.0.limits.0: must allow 1 to 50 runs in a window of 1m to 7d'],
    [
      rule('    limits: [2 per 1h, 51 per 1d]'),
      'r.yml:7: rules.0.limits.1: must allow 1 to 50 runs in a window of 1m to 7d',
    ],
    [rule('    limits: [2 per 8d]'), 'r.yml:7: rules.0.limits.0: must allow 1 to 50 runs in a window of 1m to 7d'],
    [rule('    collision: wait'), 'r.yml:7: rules.0.collision: must be one of queue, reject, skip'],
    [rule('').replace('name: one', 'title: one'), 'r.yml:2: rules.0.name: is missing'],
    [
      rule('').replace(/alarm: [^,}]+/, 'alarm: 10102'),
      'r.yml:3: rules.0.when.alarm: must be a text, or a list of texts; numbers, true and false take quotes',
    ],
    [
      `lists:\n  caches:\n    orders: 2e80\n${rule('')}`,
      'r.yml:2: lists.caches: must be a list of texts, or a text for',
    ],
    [rule('    maxAgeMinutes: 0'), 'r.yml:7: rules.0.maxAgeMinutes: '],
    [rule('    maxAgeMinutes: 2881'), 'r.yml:7: rules.0.maxAgeMinutes: '],
    [rule('').replace('name: one', 'name: "One Two"'), 'r.yml:2: rules.0.name: must be lower-case'],
    [
      rule('').replace('dcs.instance.restart', 'dcs.instance.explode'),
      'r.yml:4: rule one: run: dcs.instance.explode is not known',
    ],
    [
      rule('').replace('dcs.instance.restart', 'dcs.instance.flush'),
      'r.yml:4: rule one: dcs.instance.flush deletes data',
    ],
    [rule('').replace('instanceId:', 'instance:'), 'r.yml:5: rule one: target.instance: is not a known field'],
    [
      rule('').replace('{ dimension: dcs_instance_id }', 'abc'),
      'r.yml:5: rule one: target.instanceId: must be a DCS instance id',
    ],
    [rule('').replace('{ dimension: dcs_instance_id }', '{ dimenson: x }'), 'r.yml:5: rule one: target.instanceId: '],
    [rule(rule('').replace('rules:\n', '')), 'r.yml:7: rule one: there is another rule of this name'],
    [`${rule('')}    run: dcs.instance.swap`, 'r.yml:7: Map keys must be unique'],
  ] as const)('%j: %s', ([text, message]) => {
    expect(() => parseRules(text, 'r.yml')).toThrow(message)
  })

  test('all errors of a file at once, by line: of form, and of the rules beside those', () => {
    const second = rule('').replace('rules:\n', '').replace('name: one', 'name: two').replace('restart', 'explode')
    const third = rule('')
      .replace('rules:\n', '')
      .replace('name: one', 'name: three')
      .replace(/alarm:/, 'alarms:')
    const read = readRules(rule(third + second), 'r.yml')
    const faults = 'faults' in read ? read.faults.map(({ line, message }) => `${line}: ${message.slice(0, 33)}`) : []
    expect(faults).toEqual([
      '8: rules.1.when.alarm: is missing',
      '8: rules.1.when.alarms: is not a kno',
      '14: rule two: run: dcs.instance.explo',
    ])
    // Lists that are wrong would make errors of what names them.
    expect(readRules(`lists: { a: [] }\n${rule(second)}`, 'r.yml')).toEqual({
      faults: [{ line: 1, message: expect.stringMatching(/^lists\.a: /) }],
    })
  })

  test('a rule without the instance that it must have', () => {
    const text = rule('').replace('target: { instanceId: { dimension: dcs_instance_id } }', 'target: {}')
    expect(() => parseRules(text, 'r.yml')).toThrow('r.yml:5: rule one: target.instanceId: ')
  })

  test('deleting data is allowed where the rule says so', () => {
    const text = rule('    allowDataLoss: true').replace('dcs.instance.restart', 'dcs.instance.flush')
    expect(parseRules(text, 'r.yml').rules).toHaveLength(1)
  })
})
