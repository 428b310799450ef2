import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { calendarOf, type Window, type Windows } from '../../../lib/runs/guards/calendar.ts'
import type { WindowRule } from '../../../lib/runs/guards/verdict.ts'
import { windowsNow, windowVerdict } from '../../../lib/runs/guards/windows.ts'

const HOUR_MS = 3_600_000
const at = (iso: string): number => Date.parse(iso)
const iso = (ms: number): string => new Date(ms).toISOString().replace(/:00\.000Z$/, 'Z')

const cron = (zone: string, text: string, hours: number): Window => ({
  kind: 'recurring',
  zone,
  cron: text,
  forMs: hours * HOUR_MS,
})
const rrule = (zone: string, text: string, hours: number): Window => ({
  kind: 'recurring',
  zone,
  rrule: text.replace(' ', '\n'),
  forMs: hours * HOUR_MS,
})
const span = (from: string, to: string, more: { zone?: string; reason?: string } = {}): Window => ({
  kind: 'span',
  fromMs: at(from),
  untilMs: at(to),
  ...more,
})

/** When a window is open: `<start>/<end>` in UTC, between two moments. */
async function openings(window: Window, from: string, to: string): Promise<string[]> {
  const one = (await calendarOf({ one: window })).get('one')
  const found: string[] = []
  for (let ms = one?.opens(at(from)); ms !== undefined && ms < at(to); ) {
    const closesMs = one?.closes(ms, at(to)) ?? ms
    found.push(`${iso(ms)}/${iso(closesMs)}`)
    ms = one?.opens(closesMs)
  }
  return found
}

describe('a recurring window is open', () => {
  test.for<[string, Window, [string, string], string[]]>([
    [
      'at night, over midnight of UTC',
      cron('Asia/Shanghai', '0 2 * * *', 10),
      ['2026-01-01T10:00Z', '2026-01-03T10:00Z'],
      ['2026-01-01T18:00Z/2026-01-02T04:00Z', '2026-01-02T18:00Z/2026-01-03T04:00Z'],
    ],
    [
      'over midnight of its zone',
      cron('Asia/Shanghai', '0 23 * * 5', 4),
      ['2026-01-01T00:00Z', '2026-01-08T00:00Z'],
      ['2026-01-02T15:00Z/2026-01-02T19:00Z'],
    ],
    [
      'on weekdays',
      cron('UTC', '0 9 * * 1-5', 1),
      ['2026-01-01T00:00Z', '2026-01-07T00:00Z'],
      ['01', '02', '05', '06'].map((day) => `2026-01-${day}T09:00Z/2026-01-${day}T10:00Z`),
    ],
    [
      'on a leap day',
      cron('UTC', '0 0 29 2 *', 24),
      ['2026-01-01T00:00Z', '2036-01-01T00:00Z'],
      ['2028-02-29T00:00Z/2028-03-01T00:00Z', '2032-02-29T00:00Z/2032-03-01T00:00Z'],
    ],
    [
      'on the last Friday of the month, by the hour of its zone',
      rrule('Europe/Berlin', 'DTSTART:20260130T220000 RRULE:FREQ=MONTHLY;BYDAY=-1FR', 4),
      ['2026-02-01T00:00Z', '2026-05-01T00:00Z'],
      [
        '2026-02-27T21:00Z/2026-02-28T01:00Z',
        '2026-03-27T21:00Z/2026-03-28T01:00Z',
        '2026-04-24T20:00Z/2026-04-25T00:00Z',
      ],
    ],
    [
      'every other Tuesday, counted from DTSTART',
      rrule('UTC', 'DTSTART:20260106T010000 RRULE:FREQ=WEEKLY;INTERVAL=2', 2),
      ['2026-01-12T00:00Z', '2026-02-10T00:00Z'],
      ['2026-01-20T01:00Z/2026-01-20T03:00Z', '2026-02-03T01:00Z/2026-02-03T03:00Z'],
    ],
    [
      'until its last day, by the clocks of its zone',
      rrule('Asia/Shanghai', 'DTSTART:20260106T020000 RRULE:FREQ=DAILY;UNTIL=20260107T020000', 1),
      ['2026-01-01T00:00Z', '2027-01-01T00:00Z'],
      ['2026-01-05T18:00Z/2026-01-05T19:00Z', '2026-01-06T18:00Z/2026-01-06T19:00Z'],
    ],
    [
      'so many times',
      rrule('UTC', 'DTSTART:20260106T020000 RRULE:FREQ=DAILY;COUNT=2', 1),
      ['2026-01-01T00:00Z', '2027-01-01T00:00Z'],
      ['2026-01-06T02:00Z/2026-01-06T03:00Z', '2026-01-07T02:00Z/2026-01-07T03:00Z'],
    ],
    [
      'once where starts overlap',
      cron('UTC', '0 1,2,5 * * *', 2),
      ['2026-01-01T00:00Z', '2026-01-02T00:00Z'],
      ['2026-01-01T01:00Z/2026-01-01T04:00Z', '2026-01-01T05:00Z/2026-01-01T07:00Z'],
    ],
    [
      'once where starts touch',
      cron('UTC', '0 1,3 * * *', 2),
      ['2026-01-01T00:00Z', '2026-01-02T00:00Z'],
      ['2026-01-01T01:00Z/2026-01-01T05:00Z'],
    ],
    [
      'from the middle of it',
      cron('UTC', '0 1 * * *', 4),
      ['2026-01-01T02:30Z', '2026-01-01T12:00Z'],
      ['2026-01-01T02:30Z/2026-01-01T05:00Z'],
    ],
  ])('%s', async ([, window, [from, to], expected]) => {
    expect(await openings(window, from, to)).toEqual(expected)
  })
})

describe('when clocks change, a window is open', () => {
  test.for<[string, Window, [string, string], string[]]>([
    [
      'in Berlin from the first instant after the gap, where its start is in it',
      cron('Europe/Berlin', '30 2 * * *', 1),
      ['2026-03-28T00:00Z', '2026-03-31T00:00Z'],
      [
        '2026-03-28T01:30Z/2026-03-28T02:30Z',
        '2026-03-29T01:00Z/2026-03-29T02:00Z',
        '2026-03-30T00:30Z/2026-03-30T01:30Z',
      ],
    ],
    [
      'in Berlin from the first instant after the gap, by RRULE as well',
      rrule('Europe/Berlin', 'DTSTART:20260101T023000 RRULE:FREQ=DAILY', 1),
      ['2026-03-28T00:00Z', '2026-03-31T00:00Z'],
      [
        '2026-03-28T01:30Z/2026-03-28T02:30Z',
        '2026-03-29T01:00Z/2026-03-29T02:00Z',
        '2026-03-30T00:30Z/2026-03-30T01:30Z',
      ],
    ],
    [
      'in Berlin once, at the first of two equal times',
      cron('Europe/Berlin', '30 2 * * *', 0.5),
      ['2026-10-24T12:00Z', '2026-10-26T12:00Z'],
      ['2026-10-25T00:30Z/2026-10-25T01:00Z', '2026-10-26T01:30Z/2026-10-26T02:00Z'],
    ],
    [
      'in Berlin not again, while its start is shown for the second time',
      cron('Europe/Berlin', '45 2 * * *', 0.5),
      ['2026-10-25T01:40Z', '2026-10-26T12:00Z'],
      ['2026-10-26T01:45Z/2026-10-26T02:15Z'],
    ],
    [
      'in Berlin in each hour but the one that is shown again',
      cron('Europe/Berlin', '0 * * * *', 0.5),
      ['2026-10-24T23:30Z', '2026-10-25T03:00Z'],
      ['2026-10-25T00:00Z/2026-10-25T00:30Z', '2026-10-25T02:00Z/2026-10-25T02:30Z'],
    ],
    [
      'in Berlin for elapsed time, in a night of 23 hours',
      cron('Europe/Berlin', '0 22 * * 6', 6),
      ['2026-03-28T12:00Z', '2026-03-30T00:00Z'],
      ['2026-03-28T21:00Z/2026-03-29T03:00Z'],
    ],
    [
      'in New York from the first instant after the gap',
      cron('America/New_York', '15 2 * * *', 1),
      ['2026-03-07T12:00Z', '2026-03-09T12:00Z'],
      ['2026-03-08T07:00Z/2026-03-08T08:00Z', '2026-03-09T06:15Z/2026-03-09T07:15Z'],
    ],
    [
      'in New York for elapsed time, through the hour that is shown twice',
      cron('America/New_York', '30 1 * * *', 2),
      ['2026-10-31T12:00Z', '2026-11-02T12:00Z'],
      ['2026-11-01T05:30Z/2026-11-01T07:30Z', '2026-11-02T06:30Z/2026-11-02T08:30Z'],
    ],
    [
      'on Lord Howe from the end of a gap of 30 minutes',
      cron('Australia/Lord_Howe', '15 2 * * *', 1),
      ['2026-10-03T00:00Z', '2026-10-05T00:00Z'],
      ['2026-10-03T15:30Z/2026-10-03T16:30Z', '2026-10-04T15:15Z/2026-10-04T16:15Z'],
    ],
    [
      'on Lord Howe once, in 30 minutes that are shown twice',
      cron('Australia/Lord_Howe', '45 1 * * *', 0.25),
      ['2026-04-04T00:00Z', '2026-04-06T00:00Z'],
      ['2026-04-04T14:45Z/2026-04-04T15:00Z', '2026-04-05T15:15Z/2026-04-05T15:30Z'],
    ],
    [
      'in Apia from the midnight after a day that was skipped',
      cron('Pacific/Apia', '0 2 * * *', 1),
      ['2011-12-29T00:00Z', '2011-12-31T14:00Z'],
      [
        '2011-12-29T12:00Z/2011-12-29T13:00Z',
        '2011-12-30T10:00Z/2011-12-30T11:00Z',
        '2011-12-30T12:00Z/2011-12-30T13:00Z',
        '2011-12-31T12:00Z/2011-12-31T13:00Z',
      ],
    ],
    [
      'in Santiago from 01:00, where there is no midnight',
      cron('America/Santiago', '0 0 * * *', 2),
      ['2026-09-05T12:00Z', '2026-09-07T12:00Z'],
      ['2026-09-06T04:00Z/2026-09-06T06:00Z', '2026-09-07T03:00Z/2026-09-07T05:00Z'],
    ],
    [
      'in Shanghai at the same hour all year',
      cron('Asia/Shanghai', '0 2 1 1,7 *', 1),
      ['2026-01-01T12:00Z', '2027-01-01T12:00Z'],
      ['2026-06-30T18:00Z/2026-06-30T19:00Z', '2026-12-31T18:00Z/2026-12-31T19:00Z'],
    ],
  ])('%s', async ([, window, [from, to], expected]) => {
    expect(await openings(window, from, to)).toEqual(expected)
  })
})

const WINDOWS: Windows = {
  night: cron('Asia/Shanghai', '0 2 * * *', 4),
  noon: cron('UTC', '0 12 * * *', 1),
  freeze: span('2026-12-20T00:00+08:00', '2027-01-04T00:00+08:00', { zone: 'Asia/Shanghai', reason: 'stocktaking' }),
  fair: span('2027-01-03T00:00Z', '2027-01-05T00:00Z'),
  past: span('2020-01-01T00:00Z', '2020-01-02T00:00Z'),
  'leap-day': cron('UTC', '0 0 29 2 *', 24),
  always: cron('UTC', '0 0 * * *', 24),
}

async function verdictAt(now: string, rule: Partial<WindowRule>) {
  const calendar = await calendarOf(WINDOWS)
  const { guard, ...verdict } = windowVerdict({ only: [], never: [], outside: 'wait', ...rule }, calendar, at(now))
  expect(guard).toBe('window')
  return verdict
}

const ALLOW = { says: 'allow', reason: 'its windows allow it' }
const NIGHT = 'outside window night; it opens Sat 2026-01-03 02:00 GMT+8 (Asia/Shanghai)'
const FROZEN = 'window freeze forbids it until Mon 2027-01-04 00:00 GMT+8 (Asia/Shanghai): stocktaking'

describe('a verdict', () => {
  test.for<[string, Partial<WindowRule>, object]>([
    // Open at the start, closed at the end.
    [
      '2026-01-02T17:59:59.999Z',
      { only: ['night'] },
      { says: 'wait', reason: NIGHT, until: '2026-01-02T18:00:00.000Z' },
    ],
    ['2026-01-02T18:00:00.000Z', { only: ['night'] }, ALLOW],
    ['2026-01-02T21:59:59.999Z', { only: ['night'] }, ALLOW],
    [
      '2026-01-02T22:00:00.000Z',
      { only: ['night'] },
      { says: 'wait', reason: NIGHT.replace('Sat 2026-01-03', 'Sun 2026-01-04'), until: '2026-01-03T18:00:00.000Z' },
    ],
    ['2026-12-19T15:59:59.999Z', { never: ['freeze'] }, ALLOW],
    [
      '2026-12-19T16:00:00.000Z',
      { never: ['freeze'] },
      { says: 'wait', reason: FROZEN, until: '2027-01-03T16:00:00.000Z' },
    ],
    [
      '2027-01-03T15:59:59.999Z',
      { never: ['freeze'] },
      { says: 'wait', reason: FROZEN, until: '2027-01-03T16:00:00.000Z' },
    ],
    ['2027-01-03T16:00:00.000Z', { never: ['freeze'] }, ALLOW],
    // Both.
    ['2026-12-18T18:00Z', { only: ['night'], never: ['freeze'] }, ALLOW],
    [
      '2026-12-20T18:00Z',
      { only: ['night'], never: ['freeze'] },
      {
        says: 'wait',
        reason: `${FROZEN}; allowed from Mon 2027-01-04 02:00 GMT+8 (Asia/Shanghai)`,
        until: '2027-01-03T18:00:00.000Z',
      },
    ],
    [
      '2026-12-20T12:00Z',
      { only: ['night'], never: ['freeze'] },
      {
        says: 'wait',
        reason: `${FROZEN}; outside window night; allowed from Mon 2027-01-04 02:00 GMT+8 (Asia/Shanghai)`,
        until: '2027-01-03T18:00:00.000Z',
      },
    ],
    [
      '2026-12-19T12:00Z',
      { only: ['night'], never: ['freeze'] },
      {
        says: 'wait',
        reason: `${NIGHT.replace('Sat 2026-01-03', 'Sun 2026-12-20')}; allowed from Mon 2027-01-04 02:00 GMT+8 (Asia/Shanghai)`,
        until: '2027-01-03T18:00:00.000Z',
      },
    ],
    // Several.
    [
      '2026-01-02T08:00Z',
      { only: ['night', 'noon'] },
      {
        says: 'wait',
        reason: 'outside windows night, noon; noon opens Fri 2026-01-02 12:00 UTC',
        until: '2026-01-02T12:00:00.000Z',
      },
    ],
    ['2026-01-02T12:30Z', { only: ['night', 'noon'] }, ALLOW],
    [
      '2027-01-03T12:00Z',
      { never: ['freeze', 'fair'] },
      {
        says: 'wait',
        reason: `${FROZEN}; window fair forbids it until Tue 2027-01-05 00:00 UTC`,
        until: '2027-01-05T00:00:00.000Z',
      },
    ],
    [
      '2027-01-02T12:00Z',
      { never: ['freeze', 'fair'] },
      {
        says: 'wait',
        reason: `${FROZEN}; allowed from Tue 2027-01-05 08:00 GMT+8 (Asia/Shanghai)`,
        until: '2027-01-05T00:00:00.000Z',
      },
    ],
    ['2026-01-02T08:00Z', { only: ['night'], outside: 'refuse' }, { says: 'refuse', reason: NIGHT }],
    // Nothing to wait for.
    [
      '2026-01-02T08:00Z',
      { only: ['past'] },
      { says: 'refuse', reason: 'outside window past; nothing is allowed within a year' },
    ],
    [
      '2026-01-02T08:00Z',
      { only: ['leap-day'] },
      {
        says: 'refuse',
        reason: 'outside window leap-day; it opens Tue 2028-02-29 00:00 UTC; nothing is allowed within a year',
      },
    ],
    [
      '2026-01-02T08:00Z',
      { only: ['night'], never: ['always'] },
      {
        says: 'refuse',
        reason: expect.stringMatching(/^window always forbids it .*; nothing is allowed within a year$/),
      },
    ],
    [
      '2027-02-28T00:00Z',
      { only: ['leap-day'] },
      { says: 'wait', until: '2028-02-29T00:00:00.000Z', reason: expect.any(String) },
    ],
    ['2027-02-27T23:59Z', { only: ['leap-day'] }, { says: 'refuse', reason: expect.any(String) }],
    // Rules may have changed since a run was accepted.
    ['2026-01-02T18:00Z', { only: ['night', 'gone'] }, { says: 'refuse', reason: 'there is no window gone' }],
    ['2026-01-02T18:00Z', { never: ['constructor'] }, { says: 'refuse', reason: 'there is no window constructor' }],
    ['2026-01-02T08:00Z', {}, ALLOW],
  ])('at %s of %j', async ([now, rule, expected]) => {
    expect(await verdictAt(now, rule)).toEqual(expected)
  })
})

test('all windows are shown as they are now', async () => {
  const calendar = await calendarOf(WINDOWS)
  expect(windowsNow(calendar, at('2026-12-20T18:30Z'))).toEqual([
    { name: 'night', isOpen: true, changesAt: '2026-12-20T22:00:00.000Z' },
    { name: 'noon', isOpen: false, changesAt: '2026-12-21T12:00:00.000Z' },
    { name: 'freeze', isOpen: true, changesAt: '2027-01-03T16:00:00.000Z', reason: 'stocktaking' },
    { name: 'fair', isOpen: false, changesAt: '2027-01-03T00:00:00.000Z' },
    { name: 'past', isOpen: false },
    { name: 'leap-day', isOpen: false, changesAt: '2028-02-29T00:00:00.000Z' },
    { name: 'always', isOpen: true },
  ])
})

test.for<[string, Windows, string[]]>([
  ['no window', {}, []],
  ['a span', { freeze: WINDOWS.freeze as Window }, []],
  ['a cron expression', { night: WINDOWS.night as Window }, ['croner', 'temporal-polyfill', 'temporal-utils']],
  [
    'a recurrence rule',
    { fridays: rrule('UTC', 'DTSTART:20260130T220000 RRULE:FREQ=MONTHLY;BYDAY=-1FR', 4) },
    ['rrule-temporal', 'temporal-polyfill', 'temporal-utils'],
  ],
])('%s loads no library that it does not need', ([, windows, expected]) => {
  const file = JSON.stringify(new URL('../../../lib/runs/guards/', import.meta.url))
  const program = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({ load: (url, context, next) => (loaded.add(url), next(url, context)) })
    const { calendarOf } = await import(new URL('calendar.ts', ${file}))
    const { windowVerdict } = await import(new URL('windows.ts', ${file}))
    const calendar = await calendarOf(${JSON.stringify(windows)})
    windowVerdict({ only: [...calendar.keys()], never: [], outside: 'wait' }, calendar, 0)
    const packages = [...loaded].map((url) => /.*node_modules\\/([^/]+)/.exec(url)?.[1]).filter(Boolean)
    console.log(JSON.stringify([...new Set(packages)].sort()))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual(expected)
})
