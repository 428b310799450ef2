import fc from 'fast-check'
import { expect, test } from 'vitest'
import { movedToNow } from '../../../lib/local/send/shift-times.ts'

const NOW_MS = Date.parse('2027-01-15T08:00:00.900Z')
/** The newest time of the text: 56 days, 4 h, 47 min and 53 s before. */
const NEWEST = '2026-11-20T03:12:07Z'

const moved = (text: string, zone?: string): string => movedToNow(text, NOW_MS, zone).text

test.for([
  ['2026-11-20T03:12:07Z', '2027-01-15T08:00:00Z'],
  ['2026-11-20T03:12:07.344Z', '2027-01-15T08:00:00.344Z'],
  ['2026-11-20T03:12:07.344719258Z', '2027-01-15T08:00:00.344719258Z'],
  ['2026-11-20T03:12:07.344+0000', '2027-01-15T08:00:00.344+0000'],
  ['2026-11-20T11:12:07+08:00', '2027-01-15T16:00:00+08:00'],
  ['2026-11-19T22:12:07-05', '2027-01-15T03:00:00-05'],
  ['2026-11-20T03:12Z', '2027-01-15T08:00Z'],
  ['2026-11-20 03:12:07', '2027-01-15 08:00:00'],
  ['2026-11-20 03:12:07 UTC', '2027-01-15 08:00:00 UTC'],
  ['2026-11-20 11:12:07 +0800', '2027-01-15 16:00:00 +0800'],
  ['1795144327', '1800000000'],
  ['1795144327344', '1800000000344'],
] as const)('%s becomes %s, its form kept', ([before, after]) => {
  const newest = before.includes('T03:12Z') ? '' : `,"newest":"${NEWEST}"`
  const text = `{"time":${JSON.stringify(before)}${newest}}`
  expect(JSON.parse(moved(text)).time).toBe(after)
})

test.for([
  ['a number', '{"time":1795144327344}', '{"time":1800000000344}'],
  [
    'JSON in a string',
    '{"Message":"{\\"time\\":1795144327,\\"at\\":\\"2026-11-20T03:12:07Z\\"}"}',
    '{"Message":"{\\"time\\":1800000000,\\"at\\":\\"2027-01-15T08:00:00Z\\"}"}',
  ],
  [
    'a text around it',
    '"since 2026-11-20T03:12:07Z, says\\n2026-11-20 03:12:07"',
    '"since 2027-01-15T08:00:00Z, says\\n2027-01-15 08:00:00"',
  ],
  [
    'spaces and order',
    '{ "b" : 1795144327 ,\n\t"a":[ "2026-11-20T03:12:07Z" ] }\n',
    '{ "b" : 1800000000 ,\n\t"a":[ "2027-01-15T08:00:00Z" ] }\n',
  ],
] as const)('in %s, the rest is as it was', ([, before, after]) => {
  expect(moved(before)).toBe(after)
})

test('every other time keeps its distance to the newest, also one of years ago', () => {
  expect(moved(`["${NEWEST}","2026-11-20T02:52:07.104+0000","2023-10-12T08:14:21Z",1795143127]`)).toBe(
    '["2027-01-15T08:00:00Z","2027-01-15T07:40:00.104+0000","2023-12-07T13:02:14Z",1799998800]',
  )
})

test.for([
  '0001-01-01T00:00:00Z',
  '2027-03-01T00:00:00Z',
  '2099-12-31T23:59:59Z',
  '2026-02-30T00:00:00Z',
  '2026-11-20',
  '2026-11-20T03',
  'al1735790000000AbCdEfGhJ',
  'webhook-57460fd1b2a8c39e-1795144327',
  '1795144327.344',
  '/runs/1795144327',
  '0',
  '17951443270',
  '1612345678',
  '1834567890123',
])('%s is left alone', (text) => {
  const payload = `{"newest":"${NEWEST}","id":${JSON.stringify(text)}}`
  expect(JSON.parse(moved(payload))).toEqual({ newest: '2027-01-15T08:00:00Z', id: text })
})

test('a payload without times is as it was', () => {
  expect(movedToNow('{"state":"alerting","id":31}', NOW_MS)).toEqual({ text: '{"state":"alerting","id":31}', byMs: 0 })
})

test('a time without a zone is of the zone that is given, also where clocks are set in between', () => {
  const payload = '{"at":"2026-11-20 11:12:07"}'
  expect(moved(payload, 'Asia/Shanghai')).toBe('{"at":"2027-01-15 16:00:00"}')
  const summer = Date.parse('2027-07-01T12:00:00Z')
  expect(movedToNow('{"at":"2026-11-20 04:12:07"}', summer, 'Europe/Berlin').text).toBe('{"at":"2027-07-01 14:00:00"}')
})

test('a capture of another day is moved by its newest time that is past; what comes later is an expiry date', () => {
  expect(moved('["2026-12-24T18:00:00Z","2026-12-24T17:00:00Z","2028-01-01T00:00:00Z"]')).toBe(
    '["2027-01-15T08:00:00Z","2027-01-15T07:00:00Z","2028-01-01T00:00:00Z"]',
  )
})

test('a sample is moved back, too, where the clock is behind it', () => {
  expect(movedToNow(`["${NEWEST}"]`, Date.parse('2026-03-01T00:00:00Z')).text).toBe('["2026-03-01T00:00:00Z"]')
})

const FORMS: ((ms: number) => string)[] = [
  (ms) => new Date(ms).toISOString(),
  (ms) => new Date(ms).toISOString().replace('Z', '+0000'),
  (ms) => `${new Date(ms + 19_800_000).toISOString().slice(0, -1)}+05:30`,
  (ms) => String(ms),
]
const atOf = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Date.parse(text))

test('whatever the form and the time, distances are kept, and the newest is within this second', () => {
  const day = Date.parse('2026-11-20T00:00:00Z')
  const times = fc.array(fc.tuple(fc.integer({ min: day, max: day + 86_399_999 }), fc.nat(FORMS.length - 1)), {
    minLength: 1,
  })
  fc.assert(
    fc.property(times, fc.integer({ min: day, max: 2_000_000_000_000 }), (all, nowMs) => {
      const texts = all.map(([ms, form]) => FORMS[form]?.(ms) ?? '')
      const { text, byMs } = movedToNow(JSON.stringify(texts), nowMs)
      const after = (JSON.parse(text) as string[]).map(atOf)
      expect(after).toEqual(all.map(([ms]) => ms + byMs))
      const lateMs = nowMs - Math.max(...after)
      expect(lateMs >= 0 && lateMs < 1000).toBe(true)
    }),
  )
})

test('a text that has no time in it is never touched', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      fc.pre(!/20[23]\d-|\d{10}/.test(json))
      expect(movedToNow(json, NOW_MS)).toEqual({ text: json, byMs: 0 })
    }),
  )
})
