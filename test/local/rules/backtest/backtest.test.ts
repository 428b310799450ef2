import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { readPast } from '../../../../lib/local/rules/backtest/past-events.ts'
import type { Console } from '../../../../lib/local/rules/console.ts'
import { bytesOf } from '../../../sources/sample.ts'
import { ran } from '../console.ts'
import { writeMonth } from './month.ts'

const root = mkdtempSync(join(tmpdir(), 'steadyhand-backtest-'))
const folder = join(root, 'past')
afterAll(() => rmSync(root, { recursive: true, force: true }))
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'cloudwatch'), { recursive: true })
})

const RULES = ['--rules', 'events/sample-rules.yml']
const run = (...args: string[]) => ran(['backtest', folder, ...RULES, ...args])
const put = (name: string, text: string): void => writeFileSync(join(folder, name), text)
const event = (name: string): string => JSON.stringify(JSON.parse(bytesOf('cloudwatch', name).toString()))

test('it shows what the rules would have done, by rule, by day and by guard', async () => {
  writeMonth(folder, { days: 4, caches: 3, troublesPerDay: 0.7, seed: 3 })
  const rules = join(root, 'own.yml')
  const target = 'target: { instanceId: { dimension: dcs_instance_id } }'
  writeFileSync(
    rules,
    `rules:
  - { name: swap-slow, when: { alarm: redis-*-slow }, run: dcs.instance.swap, ${target} }
  - { name: restart-first, when: { alarm: redis-0-* }, run: dcs.instance.soft-restart, ${target}, cooldown: 10m }
  - { name: restart, when: { alarm: redis-1-* }, run: dcs.instance.restart, ${target}, anyTarget: true }
`,
  )
  const { code, out, err } = await ran(['backtest', folder, '--rules', rules, '--takes', '10m'])
  expect([code, err]).toEqual([0, ''])
  expect(out.replaceAll(root, '.')).toMatchInlineSnapshot(`
    "38 deliveries in 4 files of ./past (cloudwatch), from 2026-10-01T08:45:33.000Z to 2026-10-04T19:08:14.000Z, by ./own.yml
    assumed: a run takes 10m; 0 % of them fail; 0 % of the others end the trouble (seed 1); tickets are approved

    rule           events  runs  rungs  joined  refused  ignored  repeats  spared
    swap-slow           0     0      0       0        0        0        0       0
    restart-first      10     4      0       0        1        5        0       0
    restart            12     4      0       0        2        6        0       0
    (no rule)          16     0      0       0        0       16        0       0

    day (UTC)   events  runs  rungs  joined  refused  ignored  repeats  spared
    2026-10-01       2     1      0       0        0        1        0       0
    2026-10-02       8     2      0       0        0        6        0       0
    2026-10-03       4     0      0       0        0        4        0       0
    2026-10-04      24     5      0       0        3       16        0       0

    no run, by rule  count  why
    (no rule)           16  no rule fits
    restart              6  resolved
    restart-first        5  resolved
    restart              2  limit: cooldown 30m
    restart-first        1  limit: 2 per 1h per resource
    "
  `)
})

test('the same events give the same result, whatever the time is now', async () => {
  writeMonth(folder, { days: 2, caches: 3, troublesPerDay: 1, seed: 3 })
  const at = async (now: string): Promise<string> =>
    (await ran(['backtest', folder, ...RULES, '--helps', '50%'], { nowMs: Date.parse(now) })).out
  expect(await at('2026-12-01T00:00:00.123Z')).toBe(await at('2027-02-03T04:05:06.999Z'))
})

describe('events are read from', () => {
  test('files of one event, of a JSON array and of lines, in folders below that of their source', async () => {
    mkdirSync(join(folder, 'cloudwatch/2026/11'), { recursive: true })
    mkdirSync(join(folder, 'nagios'))
    put('cloudwatch/one.json', event('redis-unresponsive'))
    put('cloudwatch/2026/11/array.json', `[${event('composite')},\n${event('ok')}]`)
    put('cloudwatch/lines.jsonl', `${event('initial')}\n${event('muted')}\n`)
    put('cloudwatch/README.md', 'not an event')
    put('nagios/x.json', '{}')
    put('x.json', '{}')
    expect((await run()).out).toMatch(
      /^5 deliveries in 3 files of .* \(cloudwatch\), from 2026-11-\S+ to 2026-11-\S+, by /,
    )
  })

  test('all that can be read; the others are named', async () => {
    put('cloudwatch/one.json', event('redis-unresponsive'))
    put('cloudwatch/two.json', '{"a": 1, "a": 2}')
    put('cloudwatch/three.json', '{"no": "time"}')
    const { code, out } = await run()
    expect(code).toBe(0)
    expect(out).toContain('\n2 cannot be read:\n  cloudwatch/three.json: it has no time\n  cloudwatch/two.json: ')
  })

  test('one second in the order of what happened', async () => {
    const at = (fraction: string): string =>
      event('redis-unresponsive')
        .replaceAll('.344Z', fraction)
        .replaceAll('.344+', `${fraction.slice(0, 4)}+`)
    put('cloudwatch/a.json', at('.900Z'))
    put('cloudwatch/b.json', at('.100Z'))
    const { items } = await readPast(
      { root, environment: {}, nowMs: Date.parse('2026-12-01T00:00:00Z') } as Console,
      folder,
    )
    const times = items.map(({ atMs, item }) => [atMs, 'alarm' in item ? item.alarm.occurredAt.slice(-5) : ''])
    expect(times.map(([, fraction]) => fraction)).toEqual(['.100Z', '.900Z'])
    expect(times[0]?.[0]).toBe(times[1]?.[0])
  })

  test('every sample', async () => {
    cpSync('events', folder, { recursive: true })
    const { code, out } = await run()
    expect(code).toBe(0)
    expect(out).toMatch(/^flush-approved-in-jira +1 +1 /m)
    expect(out).toContain('  huawei/subscription-confirmation.json: it asks for a request to ')
  })

  test('no folder without events', async () => {
    const none = { code: 1, out: '', err: expect.stringContaining(': has no events: they are <source>/*.json or ') }
    expect(await run()).toEqual(none)
    expect(await ran(['backtest', join(folder, 'nowhere'), ...RULES])).toEqual(none)
  })
})

test('with --plot it draws the days', async () => {
  writeMonth(folder, { days: 3, caches: 3, troublesPerDay: 1, seed: 3 })
  const file = join(root, 'days.svg')
  const { out } = await run('--plot', file, '--json')
  const { days } = JSON.parse(out)
  const svg = readFileSync(file, 'utf8')
  for (const { day, counts } of days) {
    expect(svg).toContain(`<title>${day}: ${counts.run} runs of restart-unresponsive-redis</title>`)
    expect(svg).toContain(`<title>${day}: ${counts.refused} refused</title>`)
  }
  const heights = [...svg.matchAll(/ y="([\d.]+)" width="9" height="([\d.]+)" fill="\S+"><title>/g)].map(
    ([, y, height]) => [Number(y), Number(height)],
  )
  // Every bar stands on the same line, and the highest fills the picture.
  expect(new Set(heights.map(([y = 0, height = 0]) => Math.round(y + height)))).toEqual(new Set([230]))
  expect(Math.max(...heights.map(([, height = 0]) => height))).toBe(200)
})

test.for([
  [['--takes', '5s'], '--takes must be a whole number of minutes, hours or days'],
  [['--helps', '0.7'], '--helps takes 0% to 100%, not 0.7'],
  [['--fails', '101%'], '--fails takes 0% to 100%, not 101%'],
  [['--seed', 'x'], '--seed takes a whole number, not "x"'],
] as const)('%j is wrong usage', async ([args, message]) => {
  const { code, err } = await run(...args)
  expect([code, err.split('\n')[0]?.slice(0, message.length)]).toEqual([2, message])
})
