import { describe, expect, test } from 'vitest'
import { matchTicket } from '../../lib/rules/match.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import type { Ticket } from '../../lib/sources/ticket.ts'

const CACHE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'

const TICKET: Ticket = {
  source: 'generic',
  event: 'ticket.approved',
  key: 'OPS-7',
  by: 'user-1',
  reason: 'it hangs',
  occurredAt: '2026-11-20T03:12:07.344Z',
  dedupeKey: 'd1',
  fields: { project: 'OPS', number: 7, urgent: true, cache: 'orders-cache', nested: { list: ['x', { id: CACHE }] } },
}
const NOW = Date.parse(TICKET.occurredAt) + 60_000

const file = (fields = '', when = 'source: generic, event: ticket.approved'): string => `lists:
  caches: { orders-cache: ${CACHE} }
  plain: [${CACHE}]
tickets:
  - name: one
    when: { ${when} }
    run: dcs.instance.restart
    target: { instanceId: { field: cache, in: caches } }
${fields}`

const match = (text: string, ticket: Partial<Ticket> = {}) =>
  matchTicket({ ...TICKET, ...ticket }, parseRules(text, 'r.yml'), NOW)

test('a matched ticket becomes a request for a target on the list', () => {
  expect(match(file())).toEqual({
    rule: expect.objectContaining({ name: 'one' }),
    request: {
      operation: 'dcs.instance.restart',
      target: { instanceId: CACHE },
      collision: 'queue',
      source: { kind: 'ticket', name: 'generic', id: 'user-1', rule: 'one', reason: 'OPS-7: it hangs' },
      idempotencyKey: 'ticket/generic/d1',
      notAfter: expect.any(String),
    },
  })
})

describe('a field names a target only by its list', () => {
  const refused = (reason: string) => ({ rule: expect.objectContaining({ name: 'one' }), refused: reason })
  test.for([
    [
      'an id that is on the list',
      { cache: CACHE },
      { request: expect.objectContaining({ target: { instanceId: CACHE } }) },
    ],
    [
      'an id that is not',
      { cache: '9c47de18-60fb-4f3e-8a25-7b90cd13e642' },
      refused('field cache is "9c47de18-60fb-4f3e-8a25-7b90cd13e642", which is not on the list for target.instanceId'),
    ],
    [
      'a name in other case',
      { cache: 'Orders-Cache' },
      refused('field cache is "Orders-Cache", which is not on the list for target.instanceId'),
    ],
    ...['toString', 'constructor', '__proto__'].map(
      (name) =>
        [
          `${name}, which every object has`,
          { cache: name },
          refused(`field cache is "${name}", which is not on the list for target.instanceId`),
        ] as const,
    ),
    ['nothing', {}, refused('there is no field cache for target.instanceId')],
    ['an object', { cache: { value: CACHE } }, refused('there is no field cache for target.instanceId')],
    ['an empty text', { cache: '' }, refused('there is no field cache for target.instanceId')],
  ] as const)('%s', ([, fields, expected]) => {
    expect(match(file(), { fields })).toMatchObject(expected)
  })

  test('where the list is of plain values', () => {
    expect(match(file().replace('in: caches', 'in: plain'), { fields: { cache: CACHE } })).toHaveProperty('request')
    expect(match(file().replace('in: caches', 'in: plain'))).toHaveProperty('refused')
  })

  test.for(['toString', 'constructor', '__proto__'])('not by a list %s, which every object has', (name) => {
    const text = file().replace('in: caches', `in: ${name}`)
    expect(() => match(text)).toThrow(`rule one: target.instanceId: there is no list ${name}`)
  })

  test('at any depth', () => {
    const text = file().replace('field: cache, in: caches', 'field: nested.list.1.id, in: plain')
    expect(match(text)).toMatchObject({ request: { target: { instanceId: CACHE } } })
  })
})

describe('all conditions must fit', () => {
  test.for([
    ['source: generic, event: ticket.approved', true],
    ['source: gen*, event: "*"', true],
    ['source: [jira, generic], event: [x, ticket.*]', true],
    ['source: jira, event: ticket.approved', false],
    ['source: generic, event: ticket', false],
    ['source: generic, event: "*", fields: { project: OPS }', true],
    ['source: generic, event: "*", fields: { project: [DEV, O*] }', true],
    ['source: generic, event: "*", fields: { number: "7" }', true],
    ['source: generic, event: "*", fields: { urgent: "true" }', true],
    ['source: generic, event: "*", fields: { project: DEV }', false],
    ['source: generic, event: "*", fields: { project: OPS, number: "8" }', false],
    ['source: generic, event: "*", fields: { nested: "*" }', false],
    ['source: generic, event: "*", fields: { missing: "*" }', false],
    ['source: generic, event: "*", fields: { toString: "*" }', false],
    ['source: generic, event: "*", fields: { nested.list.0: x }', true],
  ] as const)('with %s the rule fits: %s', ([when, fits]) => {
    const result = match(file('', when))
    expect('request' in result).toBe(fits)
  })
})

test.for([
  [119, '', false],
  [121, '', true],
  [121, '    maxAgeMinutes: 130', false],
  [-4, '', false],
  [-6, '', true],
] as const)('an event of %d minutes ago, with %j, is late: %s', ([minutes, fields, late]) => {
  const result = matchTicket(
    TICKET,
    parseRules(file(fields), 'r.yml'),
    Date.parse(TICKET.occurredAt) + minutes * 60_000,
  )
  expect('request' in result && result.late !== undefined).toBe(late)
})

test.for([
  [
    file().replace(', in: caches', ''),
    'r.yml:8: rule one: target.instanceId: is a malformed reference; write { field: <path>, in: <list> }',
  ],
  [file().replace('in: caches', 'in: nodes'), 'r.yml:8: rule one: target.instanceId: there is no list nodes'],
  [
    file().replace('field: cache, in: caches', 'dimension: cache'),
    'r.yml:8: rule one: target.instanceId: is a malformed reference',
  ],
  [file('', 'source: cloudwatch, event: x'), 'r.yml:6: rule one: when.source: cloudwatch is not known; one of '],
  [file('', 'event: x'), 'r.yml:6: tickets.0.when.source: '],
  [file().replace('dcs.instance.restart', 'dcs.instance.flush'), 'r.yml:7: rule one: dcs.instance.flush deletes data'],
  [
    `${file()}requests:\n  - { name: one, when: { source: generic }, run: '*', resources: '*' }`,
    'rule one: there is another rule of this name',
  ],
  [
    `requests:\n  - { name: two, when: { source: jira }, run: 'dcs.*', resources: '*' }`,
    'r.yml:2: rule two: when.source: jira is not known; one of generic',
  ],
  [
    file('    approval: required', 'source: [jira, generic], event: x'),
    'r.yml:9: rule one: approval: is supported for jira only',
  ],
  [
    file('', 'source: generic, event: [x, run.requested]'),
    'r.yml:6: rule one: when.event: run.requested asks for a run itself and is no ticket: write a rule under `requests`',
  ],
  [
    file().replace(`orders-cache: ${CACHE}`, 'orders-cache: 2e803f66'),
    'r.yml:8: rule one: target.instanceId: list value "2e803f66" must be a DCS instance id',
  ],
  [
    file().replace('in: caches', 'in: { a: 2e803f66 }'),
    'r.yml:8: rule one: target.instanceId: list value "2e803f66" must be a DCS instance id',
  ],
  [file().replace('in: caches', 'in: {}'), 'r.yml:8: rule one: target.instanceId: is a malformed reference; write'],
  [
    `requests:\n  - { name: two, when: { source: generic }, run: 'ecs.*', resources: '*' }`,
    'r.yml:2: rule two: run: ecs.* is not known',
  ],
] as const)('a wrong file names the line: %#', ([text, message]) => {
  expect(() => parseRules(text, 'r.yml')).toThrow(message)
})

test('two services from two fields are two services', () => {
  const services = '[{ name: { field: a, in: [HDFS, YARN] } }, { name: { field: b, in: [HDFS, YARN] } }]'
  const text = file()
    .replace('dcs.instance.restart', 'emr.service.start')
    .replace('instanceId: { field: cache, in: caches }', `clusterId: emr-4zvc5mul, services: ${services}`)
  expect(match(text, { fields: { a: 'HDFS', b: 'YARN' } })).toHaveProperty('request')
})
