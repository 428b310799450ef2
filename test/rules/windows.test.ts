import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { windowRuleOf } from '../../lib/rules/window-fields.ts'
import { calendarOf } from '../../lib/runs/guards/calendar.ts'
import { windowVerdict } from '../../lib/runs/guards/windows.ts'

const at = (iso: string): number => Date.parse(iso)
const HOUR_MS = 3_600_000

const windows = (fields: string): string => `windows:\n  one: ${fields}\n`
const windowOf = (fields: string) => parseRules(windows(fields), 'r.yml').windows.one

const LAST_FRIDAY = 'DTSTART:20260130T220000\nRRULE:FREQ=MONTHLY;BYDAY=-1FR'
const rrule = (text: string): string => `{ zone: UTC, for: 4h, rrule: ${JSON.stringify(text)} }`
const cron = (text: string): string => `{ zone: UTC, for: 4h, cron: ${JSON.stringify(text)} }`

test.for<[string, object]>([
  [
    "{ zone: Asia/Shanghai, cron: '0 2 * * MON-FRI', for: 4h, reason: quiet }",
    { kind: 'recurring', zone: 'Asia/Shanghai', cron: '0 2 * * MON-FRI', forMs: 4 * HOUR_MS, reason: 'quiet' },
  ],
  [rrule(LAST_FRIDAY), { kind: 'recurring', zone: 'UTC', rrule: LAST_FRIDAY, forMs: 4 * HOUR_MS }],
  [
    '{ from: 2026-12-20T00:00+08:00, to: 2027-01-04T00:00:30Z, reason: stocktaking }',
    { kind: 'span', fromMs: at('2026-12-19T16:00Z'), untilMs: at('2027-01-04T00:00:30Z'), reason: 'stocktaking' },
  ],
  [
    '{ zone: Europe/Berlin, from: 2026-03-28T12:00, to: 2026-03-29T12:00 }',
    { kind: 'span', zone: 'Europe/Berlin', fromMs: at('2026-03-28T11:00Z'), untilMs: at('2026-03-29T10:00Z') },
  ],
  // The first of two equal times.
  [
    '{ zone: America/New_York, from: 2026-11-01T01:30, to: 2026-11-01T02:30 }',
    { kind: 'span', zone: 'America/New_York', fromMs: at('2026-11-01T05:30Z'), untilMs: at('2026-11-01T07:30Z') },
  ],
  // The day between was skipped.
  [
    '{ zone: Pacific/Apia, from: 2011-12-29T12:00, to: 2011-12-31T12:00 }',
    { kind: 'span', zone: 'Pacific/Apia', fromMs: at('2011-12-29T22:00Z'), untilMs: at('2011-12-30T22:00Z') },
  ],
])('%s is read', ([text, expected]) => {
  expect(windowOf(text)).toEqual(expected)
  // As it travels.
  expect(JSON.parse(JSON.stringify(windowOf(text)))).toEqual(expected)
})

test('a rule of several lines is read as people write it', () => {
  const text = `
    zone: Europe/Berlin
    rrule: |
      DTSTART:20260130T220000
      RRULE:FREQ=MONTHLY;BYDAY=-1FR
    for: 4h`
  expect(windowOf(text)).toMatchObject({ rrule: `${LAST_FRIDAY}\n` })
})

const KINDS = 'must have from and to; or zone, for, and either cron or rrule'
const TIME = 'must be a time such as 2026-12-20T18:00+08:00, or 2026-12-20T18:00 with a zone'

describe('a window is refused, by line', () => {
  test.for<[string, string]>([
    ['{}', `windows.one: ${KINDS}`],
    ["{ zone: UTC, cron: '0 2 * * *' }", `windows.one: ${KINDS}`],
    ["{ cron: '0 2 * * *', for: 4h }", `windows.one: ${KINDS}`],
    ['{ zone: UTC, for: 4h }', `windows.one: ${KINDS}`],
    [rrule(LAST_FRIDAY).replace('}', ", cron: '0 2 * * *' }"), `windows.one: ${KINDS}`],
    ['{ from: 2026-12-20T00:00Z }', `windows.one: ${KINDS}`],
    ['{ from: 2026-12-20T00:00Z, to: 2026-12-21T00:00Z, for: 4h }', `windows.one: ${KINDS}`],
    ["{ zone: UTC, cron: '0 2 * * *', for: 8d }", 'windows.one.for: must be 7d at most'],
    ["{ zone: UTC, cron: '0 2 * * *', for: 0m }", 'windows.one.for: must be 1m at least'],
    ["{ zone: UTC, cron: '0 2 * * *', for: 4 }", 'windows.one.for: must be a whole number of minutes'],
    [
      "{ zone: Asia/Beijing, cron: '0 2 * * *', for: 4h }",
      'windows.one.zone: must be an IANA time zone such as Asia/Shanghai',
    ],
    ["{ zone: CST, cron: '0 2 * * *', for: 4h }", 'windows.one.zone: must be an IANA time zone'],
    ['{ zone: CST, from: 2026-12-20T00:00, to: 2026-12-21T00:00 }', 'windows.one.zone: must be an IANA time zone'],
    ["{ zone: UTC, corn: '0 2 * * *', for: 4h }", 'windows.one.corn: is not a known key'],
    [cron('0 2 * *'), 'windows.one.cron: must have five fields: minute, hour, day, month, weekday'],
    [cron('0 0 2 * * *'), 'windows.one.cron: must have five fields'],
    [cron('@daily'), 'windows.one.cron: must have five fields'],
    [cron('2026-01-01T00:00:00'), 'windows.one.cron: must have five fields'],
    [cron('0 2 ? * *'), 'windows.one.cron: must have five fields'],
    [cron('60 2 * * *'), 'windows.one.cron: Invalid value for minute: 60'],
    [cron('0 2 * * MONDAY'), 'windows.one.cron: '],
    [cron('*/5 2 * * *'), 'windows.one.cron: the minute must be one number: a window starts once an hour at most'],
    [cron('0,30 2 * * *'), 'windows.one.cron: the minute must be one number'],
    [cron('0 2 31 2 *'), 'windows.one.cron: never comes'],
    [cron('0 * * * *'), 'windows.one.cron: would be always open, as `for` lasts until the next start'],
    [rrule('RRULE:FREQ=DAILY'), 'windows.one.rrule: must be DTSTART:<YYYYMMDDThhmmss> and RRULE:<parts>, a line each'],
    [rrule('FREQ=DAILY'), 'windows.one.rrule: must be DTSTART:'],
    [rrule(LAST_FRIDAY.replace('220000', '220000Z')), 'windows.one.rrule: must be DTSTART:'],
    [rrule(LAST_FRIDAY.replace(':', ';TZID=Europe/Berlin:')), 'windows.one.rrule: must be DTSTART:'],
    [rrule(`${LAST_FRIDAY}\nEXDATE:20260227T220000`), 'windows.one.rrule: must be DTSTART:'],
    [
      rrule(LAST_FRIDAY.replace('0130', '0129')),
      'windows.one.rrule: DTSTART:20260129T220000 is not a start of its own rule',
    ],
    [rrule(LAST_FRIDAY.replace('0130', '1330')), 'windows.one.rrule: Invalid month'],
    [rrule(LAST_FRIDAY.replace('-1FR', '-1XX')), 'windows.one.rrule: Invalid BYDAY value: -1XX'],
    [rrule(LAST_FRIDAY.replace('-1FR', '-1FR;BYHOUR=25')), 'windows.one.rrule: BYHOUR=25 is not possible here'],
    [rrule(LAST_FRIDAY.replace('-1FR', '-1FR;BYHOUR=22,25')), 'windows.one.rrule: BYHOUR=22,25 is not possible here'],
    [rrule(LAST_FRIDAY.replace('-1FR', '-1FR;BYMONTH=0')), 'windows.one.rrule: BYMONTH=0 is not possible here'],
    [
      rrule(LAST_FRIDAY.replace('-1FR', '-1FR;BYMONTHDAY=-32')),
      'windows.one.rrule: BYMONTHDAY=-32 is not possible here',
    ],
    [rrule(LAST_FRIDAY.replace('-1FR', '-1FR;BYMINUTE=0,30')), 'windows.one.rrule: BYMINUTE=0,30 is not possible here'],
    [rrule(LAST_FRIDAY.replace('-1FR', '-1FR;INTERVAL=0')), 'windows.one.rrule: INTERVAL=0 is not possible here'],
    [
      rrule(LAST_FRIDAY.replace('-1FR', '-1FR;UNTIL=20270101T000000Z')),
      'windows.one.rrule: UNTIL=20270101T000000Z is not possible',
    ],
    [
      rrule(LAST_FRIDAY.replace('-1FR', '-1FR;COUNT=3;UNTIL=20270101T000000')),
      'windows.one.rrule: COUNT and UNTIL MUST NOT occur',
    ],
    [rrule(LAST_FRIDAY.replace('-1FR', '-1FR;BYDAY=FR')), 'windows.one.rrule: BYDAY is given twice'],
    [
      rrule(LAST_FRIDAY.replace('-1FR', '-1FR;UNITL=1')),
      'windows.one.rrule: UNITL is not known; one of FREQ, UNTIL, BYDAY',
    ],
    [rrule(LAST_FRIDAY.replace('-1FR', '-1FR;RSCALE=CHINESE')), 'windows.one.rrule: RSCALE is not known'],
    [rrule(LAST_FRIDAY.replace('MONTHLY;BYDAY=-1FR', 'HOURLY')), 'windows.one.rrule: FREQ=HOURLY is not possible here'],
    [rrule(LAST_FRIDAY.replace('FREQ=MONTHLY;', '')), 'windows.one.rrule: RRULE must include FREQ'],
    [
      `{ zone: UTC, for: 1d, rrule: ${JSON.stringify('DTSTART:20260130T220000\nRRULE:FREQ=DAILY')} }`,
      'windows.one.rrule: would be always open',
    ],
    ['{ from: 2026-12-20T00:00Z, to: 2026-12-20T00:00Z }', 'windows.one.to: must be after from'],
    ['{ from: 2026-12-21T00:00Z, to: 2026-12-20T00:00Z }', 'windows.one.to: must be after from'],
    [
      '{ from: 2026-12-20T00:00, to: 2026-12-21T00:00Z }',
      'windows.one.from: must have an offset such as +08:00, or the window a zone',
    ],
    ['{ from: 2026-12-20T00:00Z, to: 2026-12-21 }', `windows.one.to: ${TIME}`],
    ['{ from: 2026-02-30T00:00Z, to: 2026-12-21T00:00Z }', 'windows.one.from: there is no such time'],
    [
      '{ zone: Pacific/Apia, from: 2011-12-30T12:00, to: 2011-12-31T00:00 }',
      'windows.one.from: there is no such time in Pacific/Apia',
    ],
    [
      '{ zone: Europe/Berlin, from: 2026-03-28T02:30, to: 2026-03-29T02:30 }',
      'windows.one.to: there is no such time in Europe/Berlin',
    ],
  ])('%s: %s', ([fields, message]) => {
    expect(() => parseRules(windows(fields), 'r.yml')).toThrow(`r.yml:2: ${message}`)
  })

  test('with the line of the field, and the name', () => {
    const text = "windows:\n  one:\n    zone: UTC\n    for: 4h\n    cron: '0 25 * * *'\n  Two: {}\n"
    expect(() => parseRules(text, 'r.yml')).toThrow(
      'r.yml:5: windows.one.cron: Invalid value for hour: 25\nr.yml:6: windows.Two: must be lower-case letters, digits and hyphens',
    )
  })
})

/** A rule of each section, with fields of its own. */
const SECTIONS: Readonly<Record<string, string>> = {
  rules: 'when: { alarm: a }\n    run: dcs.instance.swap\n    target: { instanceId: { dimension: id } }',
  tickets:
    'when: { source: generic, event: a }\n    run: dcs.instance.swap\n    target: { instanceId: { field: a, in: caches } }',
  requests: "when: { source: generic }\n    run: '*'\n    resources: '*'",
  callers: "when: { caller: '*' }\n    run: '*'\n    resources: '*'",
}
const KNOWN =
  "windows: { night: { zone: Asia/Shanghai, cron: '0 2 * * *', for: 4h }, freeze: { from: 2026-12-20T00:00Z, to: 2027-01-04T00:00Z } }\nlists: { caches: { orders: 2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef } }"
const withRule = (section: string, fields: string): string =>
  `${KNOWN}\n${section}:\n  - name: one\n    ${SECTIONS[section]}\n    ${fields}\n`

describe.for(Object.keys(SECTIONS))('a rule of %s', (section) => {
  const rulesOf = (fields: string) => {
    const rules = parseRules(withRule(section, fields), 'r.yml')
    return [rules.rules, rules.tickets, rules.requests, rules.callers ?? []].flat()
  }

  test.for<[string, ReturnType<typeof windowRuleOf>]>([
    ['only: night', { only: ['night'], never: [], outside: 'wait' }],
    ['never: [freeze, night]', { only: [], never: ['freeze', 'night'], outside: 'wait' }],
    [
      'only: [night]\n    never: freeze\n    outside: refuse',
      { only: ['night'], never: ['freeze'], outside: 'refuse' },
    ],
    ['', undefined],
  ])('names windows: %j', ([fields, expected]) => {
    expect(rulesOf(fields).map(windowRuleOf)).toEqual([expected])
  })

  test.for<[string, number, string]>([
    ['only: nigt', 0, 'only: window "nigt" is not known; did you mean night?'],
    ['only: night\n    never: [freeze, xmas]', 1, 'never: window "xmas" is not known; known: night, freeze'],
    ['never: constructor', 0, 'never: window "constructor" is not known'],
    ['only: [night]\n    never: [night]', 0, 'only: night is in never as well'],
    ['outside: refuse', 0, 'outside: needs only or never'],
  ])('names wrong windows: %j', ([fields, below, message]) => {
    const line = 5 + (SECTIONS[section] ?? '').split('\n').length + below
    expect(() => rulesOf(fields)).toThrow(`r.yml:${line}: rule one: ${message}`)
  })

  test.for<[string, string]>([
    ['outside: skip', 'outside: must be wait or refuse'],
    ['only: []', 'only: must have at least 1 item'],
    ['only: 5', 'only: must be the name of a window, or a list of them'],
  ])('has wrong fields: %s', ([fields, message]) => {
    expect(() => rulesOf(fields)).toThrow(`${section}.0.${message}`)
  })
})

test('what the file says is what the guard says', async () => {
  const { windows: section, rules } = parseRules(withRule('rules', 'only: night\n    never: freeze'), 'r.yml')
  const rule = rules.map(windowRuleOf)[0] ?? { only: [], never: [], outside: 'wait' }
  expect(windowVerdict(rule, await calendarOf(section), at('2026-12-19T12:00Z'))).toMatchObject({
    says: 'wait',
    until: '2026-12-19T18:00:00.000Z',
  })
})

test.for<[string, string, string[]]>([
  ['no window', 'rules: []', []],
  ['a span', windows('{ from: 2026-12-20T00:00, to: 2026-12-21T00:00, zone: Europe/Berlin }'), []],
  ['a cron expression', windows(cron('0 2 * * *')), ['croner', 'temporal-polyfill', 'temporal-utils']],
])('a file with %s loads no calendar that it does not need', ([, text, expected]) => {
  const program = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({ load: (url, context, next) => (loaded.add(url), next(url, context)) })
    const { parseRules } = await import(${JSON.stringify(new URL('../../lib/rules/read-rules.ts', import.meta.url))})
    parseRules(${JSON.stringify(text)}, 'r.yml')
    const packages = [...loaded].map((url) => /.*node_modules\\/((?:croner|rrule|temporal)[^/]*)/.exec(url)?.[1])
    console.log(JSON.stringify([...new Set(packages)].filter(Boolean).sort()))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual(expected)
})
