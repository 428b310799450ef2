import { expect, test } from 'vitest'
import { matchAlarm, matchTicket } from '../../lib/rules/match.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import type { Alarm } from '../../lib/sources/alarm.ts'
import type { Ticket } from '../../lib/sources/ticket.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const RULES = parseRules(
  `
lists: { caches: [2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef] }
rules:
  - name: redis-slow
    when: { source: alertmanager, alarm: RedisSlow }
    run: dcs.instance.swap
    target: { instanceId: { dimension: id } }
  - name: redis-down
    when: { source: alertmanager, alarm: RedisDown, severity: [critical, major], dimensions: { team: shop }, tags: { env: prod } }
    run: dcs.instance.swap
    target: { instanceId: { dimension: id } }
tickets:
  - name: approved
    when: { source: jira, event: transition, fields: { project: OPS, status.to: '3', kind: cache, who: me } }
    run: dcs.instance.swap
    target: { instanceId: { field: id, in: caches } }
`,
  'r.yml',
)

const ALARM: Alarm = {
  ...{ source: 'alertmanager', identity: 'i', name: 'RedisDown', account: '', region: '', status: 'firing' },
  ...{ severity: 'critical', occurredAt: new Date(NOW).toISOString(), dedupeKey: 'd', reason: '' },
  ...{ dimensions: { team: 'shop' }, tags: { env: 'prod' } },
}
const TICKET: Ticket = {
  ...{ source: 'jira', event: 'transition', key: 'OPS-1', by: '', reason: '', dedupeKey: 'd' },
  occurredAt: new Date(NOW).toISOString(),
  fields: { project: 'OPS', status: { to: 3 }, kind: 'cache', who: 'me' },
}

test.for<[Partial<Alarm>, string]>([
  [{ severity: 'minor' }, 'closest is redis-down: severity is minor, not critical, major'],
  [{ severity: undefined }, 'closest is redis-down: severity is missing, not critical, major'],
  [{ severity: undefined, unknownSeverity: 'P1' }, 'closest is redis-down: severity "P1" is not known'],
  [{ dimensions: { team: 'search' } }, 'closest is redis-down: dimension team is search, not shop'],
  [{ dimensions: {} }, 'closest is redis-down: there is no dimension team'],
  [{ tags: {}, dimensions: {} }, 'closest is redis-down: there is no dimension team; there is no tag env'],
  [{ name: 'RedisDwn' }, 'closest is redis-slow: alarm is RedisDwn, not RedisSlow'],
  [{ source: 'grafana' }, 'closest is redis-down: source is grafana, not alertmanager'],
  [{ name: 'a\n\u001b[2Jb' }, 'closest is redis-slow: alarm is "a\\n\\u001b[2Jb", not RedisSlow'],
  [{ name: 'ü'.repeat(500) }, `closest is redis-slow: alarm is "${'ü'.repeat(60)}", not RedisSlow`],
])('an alarm with %j shows the closest rule, and why it does not fit', ([change, why]) => {
  expect(matchAlarm({ ...ALARM, ...change }, RULES, NOW)).toEqual({ ignored: `no rule fits; ${why}` })
})

test.for<[Partial<Ticket>, string]>([
  [{ event: 'automation' }, 'closest is approved: event is automation, not transition'],
  [
    { fields: { project: 'DEV' } },
    'closest is approved: field project is DEV, not OPS; there is no field status.to; there is no field kind; and 1 more',
  ],
  [{ fields: { ...Object(TICKET.fields), who: '' } }, 'closest is approved: field who is missing, not me'],
])('a ticket with %j does, too', ([change, why]) => {
  expect(matchTicket({ ...TICKET, ...change }, RULES, NOW)).toEqual({ ignored: `no rule fits; ${why}` })
})

test('a rule that fits has no misfits', () => {
  expect(matchAlarm({ ...ALARM, dimensions: { team: 'shop', id: 'x' } }, RULES, NOW)).toHaveProperty('request')
  expect(matchTicket({ ...TICKET, fields: { ...Object(TICKET.fields), id: 'x' } }, RULES, NOW)).toHaveProperty('rule')
})

test('a rule of a thousand conditions says no more than a line', () => {
  const names = Array.from({ length: 1000 }, (_, n) => `${'dimension'.repeat(20)}-${n}: x`)
  const rules = parseRules(
    `rules: [{ name: long, when: { alarm: '*', dimensions: { ${names} } }, run: dcs.instance.swap, target: { instanceId: { dimension: id } } }]`,
    'r.yml',
  )
  const match = matchAlarm(ALARM, rules, NOW)
  expect('ignored' in match && match.ignored.length).toBeLessThan(320)
})
