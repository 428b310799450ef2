import { expect, test } from 'vitest'
import { instantOf, isZone } from '../../lib/sources/local-time.ts'

const NOON = Date.parse('2026-11-20T12:00:00Z')

test.for([
  ['east of Greenwich', '2026-11-20 11:12:00', 'Asia/Shanghai', '2026-11-20T03:12:00.000Z'],
  ['west of it, on the day before', '2026-11-19 22:12:00', 'America/New_York', '2026-11-20T03:12:00.000Z'],
  ['half an hour off', '2026-11-20 08:42:00', 'Asia/Kolkata', '2026-11-20T03:12:00.000Z'],
  ['UTC', '2026-11-20T03:12:00', 'UTC', '2026-11-20T03:12:00.000Z'],
  ['midnight', '2026-11-20 00:00:00', 'Asia/Shanghai', '2026-11-19T16:00:00.000Z'],
  ['in summer', '2026-07-01 05:12:00', 'Europe/Berlin', '2026-07-01T03:12:00.000Z'],
  ['in winter', '2026-12-01 04:12:00', 'Europe/Berlin', '2026-12-01T03:12:00.000Z'],
  ['just before clocks are set forward', '2026-03-29 01:59:59', 'Europe/Berlin', '2026-03-29T00:59:59.000Z'],
  ['just after', '2026-03-29 03:00:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
  ['just after clocks were set back', '2026-10-25 03:00:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z'],
] as const)('%s', ([, text, zone, expected]) => {
  expect(new Date(instantOf(text, zone, NOON) ?? 0).toISOString()).toBe(expected)
})

test.for([
  ['2026-10-25T00:31:00Z', '2026-10-25T00:30:00.000Z'],
  ['2026-10-25T01:31:00Z', '2026-10-25T01:30:00.000Z'],
] as const)('of an hour that clocks showed twice, seen at %s, the nearer one is meant', ([near, expected]) => {
  const ms = instantOf('2026-10-25 02:30:00', 'Europe/Berlin', Date.parse(near))
  expect(new Date(ms ?? 0).toISOString()).toBe(expected)
})

test.for([
  '',
  '0',
  '2026-11-20',
  '2026-02-30 11:12:00',
  '2026-11-20 24:00:00',
  '2026-11-20 11:60:00',
  '2026-11-20 11:12:00Z',
])('%j is no time', (text) => {
  expect(instantOf(text, 'Asia/Shanghai', NOON)).toBeUndefined()
})

test('an hour over which clocks were set forward is no time', () => {
  expect(instantOf('2026-03-29 02:30:00', 'Europe/Berlin', NOON)).toBeUndefined()
})

test('a zone is one that the runtime knows', () => {
  expect(['Asia/Shanghai', 'UTC', 'Shanghai', ''].map(isZone)).toEqual([true, true, false, false])
})
