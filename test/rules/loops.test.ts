import { describe, expect, test } from 'vitest'
import { loopingRules } from '../../lib/rules/loops.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'

const ONE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const TWO = '9c47de18-60fb-4f3e-8a25-7b90cd13e642'

const LISTS = `lists: { caches: [${ONE}], others: { two: ${TWO} } }`
const found = (rules: string, defaults = '{}'): string[] =>
  loopingRules(parseRules(`defaults: ${defaults}\n${LISTS}\nrules:\n${rules}`, 'r.yml')).map(({ message }) => message)

const rule = (
  name: string,
  when: string,
  run: string,
  target = '{ instanceId: { dimension: id, in: caches } }',
  more = '',
) => `  - { name: ${name}, when: { ${when} }, run: ${run}, target: ${target}${more} }\n`

const EVENT = 'source: huawei, alarm: "*", dimensions: { metric_name: masterStandbySwitchover }'

describe('two rules may loop', () => {
  test('where a run of one raises the alarms of the other, and what ends it is named', () => {
    const rules = rule('swap', 'alarm: slow', 'dcs.instance.swap') + rule('restart', EVENT, 'dcs.instance.restart')
    expect(found(rules)).toEqual([
      'rule restart: may loop: it answers masterStandbySwitchover, which runs of swap (dcs.instance.swap) raise on one resource. ' +
        'What keeps them apart: an alarm that a run raises starts no other on its resource until 15 min after it; ' +
        'restart: cooldown 30m, 2 per 1h per resource, 5 per 24h per resource',
    ])
  })

  test('where several raise them, and is named once', () => {
    const swap = (name: string) => rule(name, `alarm: ${name}`, 'dcs.instance.swap')
    expect(found(swap('a') + rule('restart', EVENT, 'dcs.instance.restart') + swap('b'))).toEqual([
      expect.stringContaining('runs of a (dcs.instance.swap), b (dcs.instance.swap) raise'),
    ])
  })

  test('where one stops what the other starts', () => {
    const rules = rule('stop', 'alarm: a', 'dcs.instance.stop') + rule('start', 'alarm: b', 'dcs.instance.start')
    expect(found(rules, '{ cooldown: 0m, limits: [] }')).toEqual([
      'rule start: may loop: its dcs.instance.start undoes dcs.instance.stop of stop on one resource. ' +
        'What keeps them apart: stop: no limits; start: no limits',
    ])
  })

  test.for([
    ['emr.service.start', 'emr.service.stop'],
    ['emr.monitor.stop', 'emr.monitor.start'],
  ])('with %s and %s', ([one = '', other = '']) => {
    const target = '{ clusterId: emr-4zvc5mul, services: [{ name: HDFS }] }'
    expect(found(rule('a', 'alarm: a', one, target) + rule('b', 'alarm: b', other, target))).toHaveLength(1)
  })

  test.for([
    ['any', '{ instanceId: { dimension: id } }'],
    ['one of the list', '{ instanceId: { tag: id, in: caches } }'],
    ['the id itself', `{ instanceId: ${ONE.toUpperCase()} }`],
  ])('on %s', ([, target = '']) => {
    const rules = rule('a', 'alarm: slow', 'dcs.instance.swap', target) + rule('b', EVENT, 'dcs.instance.soft-restart')
    expect(found(rules)).toHaveLength(1)
  })

  test('where a rule takes every alarm of Huawei Cloud', () => {
    const rules =
      rule('a', 'alarm: slow', 'dcs.instance.swap') + rule('b', 'source: huawei, alarm: "*"', 'dcs.instance.swap')
    expect(found(rules)).toEqual([
      expect.stringContaining('it answers masterStandbySwitchover, masterStandbyFailover, '),
    ])
  })
})

test('every step of a ladder counts', () => {
  const target = '{ instanceId: { dimension: id, in: caches } }'
  const ladder = `  - { name: steps, when: { alarm: slow }, target: ${target}, ladder: [{ run: dcs.instance.start }, { run: dcs.instance.swap }] }\n`
  expect(found(ladder + rule('b', EVENT, 'dcs.instance.stop'))).toEqual([
    expect.stringContaining('which runs of steps (dcs.instance.start, dcs.instance.swap) raise'),
    expect.stringContaining('its dcs.instance.stop undoes dcs.instance.start of steps'),
  ])
})

describe('two rules do not loop', () => {
  test.for([
    [
      'of other resources',
      rule('a', 'alarm: a', 'dcs.instance.swap', '{ instanceId: { dimension: id, in: others } }'),
      rule('b', EVENT, 'dcs.instance.restart'),
    ],
    [
      'of other resources by their ids',
      rule('a', 'alarm: a', 'dcs.instance.stop', `{ instanceId: ${ONE} }`),
      rule('b', 'alarm: b', 'dcs.instance.start', `{ instanceId: ${TWO} }`),
    ],
    [
      'of other services',
      rule('a', 'alarm: a', 'emr.service.stop', '{ clusterId: emr-4zvc5mul, services: [{ name: HDFS }] }'),
      rule('b', 'alarm: b', 'emr.service.start', '{ clusterId: emr-4zvc5mul, services: [{ name: YARN }] }'),
    ],
    ['where nothing is undone', rule('a', 'alarm: a', 'dcs.instance.stop'), rule('b', 'alarm: b', 'dcs.node.start')],
    [
      'where no event is named',
      rule('a', 'alarm: a', 'dcs.instance.swap'),
      rule('b', 'alarm: "*"', 'dcs.instance.restart'),
    ],
    [
      'where the alarms are of another service',
      rule('a', 'alarm: a', 'dcs.instance.swap'),
      rule('b', 'source: huawei, alarm: "*", dimensions: { namespace: SYS.ECS }', 'dcs.instance.restart'),
    ],
    [
      'where the event reports a recovery',
      rule('a', 'alarm: a', 'dcs.instance.swap'),
      rule('b', EVENT.replace('masterStandbySwitchover', 'redisNodeStatusNormal'), 'dcs.instance.restart'),
    ],
    [
      'where the work raises other events',
      rule('a', 'alarm: a', 'dcs.instance.swap'),
      rule('b', EVENT.replace('masterStandbySwitchover', 'nodeRestarted'), 'dcs.instance.swap'),
    ],
  ])('%s', ([, one = '', other = '']) => {
    expect(found(one + other)).toEqual([])
  })
})

test('nodes are parts: the alarm of an instance may come from any of them', () => {
  const nodes = (id: string): string => `{ instanceId: ${ONE}, nodeIds: [${id}] }`
  const rules = rule('a', EVENT, 'dcs.node.stop', nodes('n1')) + rule('b', 'alarm: x', 'dcs.node.start', nodes('n2'))
  expect(found(rules)).toEqual([
    expect.stringMatching(/it answers masterStandbySwitchover, which runs of b \(dcs.node.start\) raise/),
  ])
})
