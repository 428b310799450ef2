import { describe, expect, test } from 'vitest'
import { alarmMisfits } from '../../lib/rules/closest.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { unreachableRules } from '../../lib/rules/unreachable.ts'
import { type Alarm, Severity } from '../../lib/sources/alarm.ts'
import { seeded } from '../chance.ts'

const TARGET = 'run: dcs.instance.swap, target: { instanceId: { dimension: id } }'
const found = (text: string): string[] => unreachableRules(parseRules(text, 'r.yml')).map(({ message }) => message)

/** Rules with these conditions, named `r0`, `r1` and so on. */
const alarmRules = (conditions: readonly string[]): string =>
  `rules:\n${conditions.map((when, index) => `  - { name: r${index}, when: { ${when} }, ${TARGET} }`).join('\n')}`

describe('the last of these alarm rules is never reached, for what fits it fits those before:', () => {
  test.for([
    [['alarm: redis-*', 'alarm: redis-orders'], 'rule r0 fits'],
    [['alarm: redis-*', 'alarm: redis-*-down, source: huawei'], 'rule r0 fits'],
    [['alarm: "*"', 'alarm: x, severity: critical, tags: { env: prod }'], 'rule r0 fits'],
    [['alarm: x, dimensions: { a: p* }', 'alarm: x, dimensions: { a: [p1, p2], b: q }'], 'rule r0 fits'],
    [['alarm: x, severity: [critical, major]', 'alarm: x, severity: major'], 'rule r0 fits'],
    [
      ['alarm: x, severity: critical', 'alarm: x, severity: major', 'alarm: x, severity: [critical, major]'],
      'rules r0, r1 fit',
    ],
    [['alarm: a*', 'alarm: b*', 'alarm: [b1, a1]'], 'rules r1, r0 fit'],
    [['alarm: x, source: [cloudwatch, huawei, tencent, alertmanager, grafana]', 'alarm: x'], 'rule r0 fits'],
    [['alarm: x, account: "*"', 'alarm: x'], 'rule r0 fits'],
  ] as const)('%j', ([conditions, first]) => {
    expect(found(alarmRules(conditions))).toEqual([
      `rule r${conditions.length - 1}: is never reached: ${first} all of it first`,
    ])
  })
})

describe('each of these alarm rules is reached by some alarm:', () => {
  test.for([
    [['alarm: redis-orders', 'alarm: redis-*']],
    [['alarm: redis-*-a', 'alarm: redis-a']],
    [['alarm: x, source: huawei', 'alarm: x']],
    [['alarm: x, severity: [critical, major, minor, info]', 'alarm: x']],
    [['alarm: x, dimensions: { a: "*" }', 'alarm: x']],
    [['alarm: x, tags: { a: "*" }', 'alarm: x, dimensions: { a: "*" }']],
    [['alarm: x, region: eu-*', 'alarm: x, region: [eu-west-1]'.replace('[eu-west-1]', '"*"')]],
    [['alarm: a*', 'alarm: [a1, b1]']],
  ] as const)('%j', ([conditions]) => {
    expect(found(alarmRules(conditions))).toEqual([])
  })
})

test('more combinations than are gone through say nothing', () => {
  const many = `[${Array.from({ length: 150 }, (_, index) => `a${index}`).join(', ')}]`
  const conditions = ['alarm: "*"', `alarm: x, tags: { a: ${many}, b: ${many} }`]
  expect(found(alarmRules(conditions))).toEqual([])
  expect(found(alarmRules(['alarm: "*"', `alarm: x, tags: { a: ${many} }`]))).toHaveLength(1)
})

describe('of rules for tickets', () => {
  const tickets = (conditions: readonly string[]): string =>
    `lists: { all: [a] }\ntickets:\n${conditions
      .map(
        (when, index) =>
          `  - { name: r${index}, when: { source: jira, ${when} }, run: emr.service.start, target: { clusterId: emr-4zvc5mul, services: [{ name: HDFS }] } }`,
      )
      .join('\n')}`

  test.for([
    [['event: "*"', 'event: created, fields: { a.b: c }'], ['r1']],
    [['event: created, fields: { a.b: "*" }', 'event: created, fields: { a.b: c, a.d: e }'], ['r1']],
    [['event: created, fields: { a.b: "*" }', 'event: created, fields: { a: c }'], []],
    [['event: created, fields: { a: "*" }', 'event: created, fields: { a: c, a.b: d }'], []],
    [['event: created, fields: { __proto__.a: x }', 'event: created, fields: { b: x }'], []],
  ] as const)('%j, never reached are: %j', ([conditions, names]) => {
    expect(found(tickets(conditions)).map((message) => message.split(/[ :]/)[1])).toEqual(names)
  })
})

describe('of rules for callers', () => {
  const callers = (fields: readonly string[]): string =>
    `callers:\n${fields.map((one, index) => `  - { name: r${index}, ${one} }`).join('\n')}`
  const ALL = 'run: "*", resources: "*"'

  test.for([
    [
      ['when: { caller: a* }, run: "*", resources: "*"', 'when: { caller: ab }, run: dcs.instance.swap, resources: x'],
      ['r1'],
    ],
    [[`when: { caller: a }, ${ALL}`, `when: { caller: a* }, ${ALL}`], []],
    [[`when: { caller: a }, ${ALL}`, `when: { caller: a }, ${ALL}, allowDataLoss: true`], []],
    [[`when: { caller: a }, ${ALL}, allowDataLoss: true`, `when: { caller: a }, ${ALL}`], ['r1']],
    [[`when: { caller: a }, ${ALL}`, `when: { caller: a }, ${ALL}, regions: eu`], []],
    [[`when: { caller: a }, ${ALL}, regions: eu`, `when: { caller: a }, ${ALL}`], []],
    [[`when: { caller: a }, ${ALL}, regions: "*"`, `when: { caller: a }, ${ALL}`], ['r1']],
    [[`when: { caller: a }, ${ALL}`, `when: { caller: a }, ${ALL}, params: ensureBackup`], []],
    [[`when: { caller: a }, ${ALL}, params: "*"`, `when: { caller: a }, ${ALL}`], ['r1']],
    [[`when: { caller: a }, ${ALL}`, `when: { caller: a }, ${ALL}, accounts: default`], ['r1']],
    [[`when: { caller: a }, ${ALL}`, `when: { caller: a }, ${ALL}, accounts: staging`], []],
    [
      [`when: { caller: a }, run: dcs.*, resources: huawei/*`, `when: { caller: a }, run: emr.*, resources: huawei/*`],
      [],
    ],
    [
      [`when: { caller: a }, run: dcs.*, resources: huawei/*`, `when: { caller: a }, run: dcs.node.*, resources: "*"`],
      [],
    ],
  ] as const)('%j, never reached are: %j', ([fields, names]) => {
    expect(found(callers(fields)).map((message) => message.split(/[ :]/)[1])).toEqual(names)
  })
})

test('a second rule for requests of the same kind is never reached', () => {
  const requests = `requests:
  - { name: r0, when: { source: generic }, run: dcs.*, resources: huawei/dcs/* }
  - { name: r1, when: { source: '*' }, run: dcs.instance.swap, resources: huawei/dcs/a }
  - { name: r2, when: { source: generic }, run: emr.service.restart, resources: '*' }`
  expect(unreachableRules(parseRules(requests, 'r.yml'))).toEqual([
    { path: ['requests', 1], message: 'rule r1: is never reached: rule r0 fits all of it first' },
  ])
})

/** Every alarm of a small world, in which `c` is in no condition. */
function* everyAlarm(): Iterable<Alarm> {
  const texts = ['a', 'b', 'c', 'ab', 'ac', 'cb', 'acb']
  const known = {
    identity: '',
    status: 'firing',
    occurredAt: '',
    dedupeKey: '',
    reason: '',
    region: '',
    dimensions: {},
  } as const
  for (const source of ['cloudwatch', 'huawei', 'tencent', 'alertmanager', 'grafana'])
    for (const name of texts)
      for (const account of ['a', 'ac', 'c', ''])
        for (const severity of [undefined, ...Severity.options])
          for (const tags of [{}, ...texts.map((t) => ({ t }))])
            yield { ...known, source, name, account, severity, tags }
}

test('rules made at random are never reached exactly where no alarm of all reaches them', () => {
  const random = seeded(11)
  const pick = <One>(all: readonly One[]): One => all[Math.floor(random() * all.length)] as One
  const PATTERNS = ['a', 'b', 'a*', '*b', 'a*b', '*', ['a', 'b'], ['a*', '*b']]
  const SOURCES = [undefined, 'huawei', ['cloudwatch', '*a*'], '*']
  const SEVERITIES = [undefined, undefined, 'critical', ['major', 'minor'], [...Severity.options]]
  const when = () => ({
    ...{ alarm: pick(PATTERNS), source: pick(SOURCES), severity: pick(SEVERITIES) },
    ...{ account: pick([undefined, undefined, 'a*', '*']), tags: pick([undefined, undefined, { t: pick(PATTERNS) }]) },
  })
  const alarms = [...everyAlarm()]
  let unreached = 0
  for (let round = 0; round < 25; round++) {
    const target = { instanceId: { dimension: 'id' } }
    const text = JSON.stringify({
      rules: Array.from({ length: 5 }, (_, index) => ({
        name: `r${index}`,
        when: when(),
        run: 'dcs.instance.swap',
        target,
      })),
    })
    const rules = parseRules(text, 'r.yml')
    const reached = new Set(
      alarms.map((alarm) => rules.rules.findIndex((rule) => alarmMisfits(rule, alarm).length === 0)),
    )
    const expected = [...rules.rules.keys()].filter((index) => !reached.has(index))
    expect([text, unreachableRules(rules).map(({ path }) => path[1])]).toEqual([text, expected])
    unreached += expected.length
  }
  expect(unreached).toBeGreaterThan(10)
})
