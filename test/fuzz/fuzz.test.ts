import { expect, test } from 'vitest'
import { jsonOf } from '../../lib/basics/json-of.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { alertmanager } from '../../lib/sources/alarms/alertmanager.ts'
import type { DeliveryItem, WebhookSource } from '../../lib/sources/source.ts'
import { generic } from '../../lib/sources/tickets/generic.ts'
import { jira } from '../../lib/sources/tickets/jira.ts'
import { SCHEMES } from '../sources/verify/schemes.ts'
import { doorsAt } from './doors.ts'
import { type FuzzOptions, fuzz, NOW_MS } from './fuzz.ts'
import { fuzzLiars } from './liars.ts'
import { linesOf } from './report.ts'
import { rulesFor } from './rules.ts'

/** A failure prints the delivery, and the seed: `npm run fuzz -- --runs 3000 --seed <seed>` finds it again. */
test.for([
  ['a fixed seed', 1],
  ['a fresh seed', Date.now() % 1_000_000_000],
] as const)('no delivery of %s breaks a promise, and all doors are gone through', async ([, seed]) => {
  const begunAt = performance.now()
  const report = await fuzz({ runs: 3_000, seed })
  const lines = linesOf(report, { seed, seconds: (performance.now() - begunAt) / 1000 })
  console.log(lines.at(-1))
  expect(report.violation, lines.join('\n')).toBeUndefined()
  const doors = ['cloudwatch by AWS', ...SCHEMES.map(({ source, by }) => `${source} by ${by}`)]
  const unused = doors.filter(
    (door) => !report.answers.get(door)?.has('run') || !report.answers.get(door)?.has('ignored'),
  )
  expect([report.answers.size, unused]).toEqual([doors.length, []])
})

test.for([
  ['a fixed seed', 1],
  ['a fresh seed', Date.now() % 1_000_000_000],
] as const)('no liar of %s gets a second run of one happening, nor one that no rule allows', async ([, seed]) => {
  const report = await fuzzLiars({ runs: 3_000, seed })
  expect(report.violation, `npm run fuzz -- --liars --runs 3000 --seed ${seed}`).toBeUndefined()
  // By the token of automation nobody can tell of a move, and nothing else is ever approved.
  const never = /^jira by secret header of automation, approved$/
  const withoutRun = [...report.answers].filter(([, classes]) => !classes.has('run')).map(([door]) => door)
  expect(withoutRun.filter((door) => !never.test(door))).toEqual([])
  expect(withoutRun).toHaveLength(1)
})

const rulesWith = (target: string) =>
  parseRules(
    `
lists: { caches: { orders-cache: 2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef } }
rules: [{ name: r, when: { alarm: '*' }, run: dcs.instance.restart, target: { instanceId: ${target} }, anyTarget: true }]`,
    'r.yml',
  )

const sound = alertmanager as WebhookSource // its settings are its own

/** A source with something wrong in it. */
const planted = (wrong: Partial<WebhookSource>): Partial<FuzzOptions> => ({
  sources: new Map([['alertmanager', { ...sound, ...wrong }]]),
  rules: rulesWith('{ dimension: dcs_instance_id, in: caches }'),
})
const ignored = (text: unknown): DeliveryItem[] => [{ ignored: String(text), subject: '' }]
const unchecked = (body: Buffer): unknown => jsonOf(body.toString())
const summaryOf = (payload: unknown): string => {
  const summary: unknown = Object(Object(payload).commonAnnotations).summary
  return typeof summary === 'string' ? summary : ''
}
let calls = 0
/** CPU that a slow source would have used, by a clock of its own. */
let usedMs = 0

test.for<[string, Partial<FuzzOptions>, RegExp]>([
  [
    'trips over odd input',
    planted({ read: (payload) => ignored(Object(payload).receiver.trim()) }),
    /answered 500: TypeError/,
  ],
  ['believes everybody', planted({ verify: () => undefined }), /is not authentic, and was answered 2/],
  [
    'takes targets from outside',
    { ...planted({}), rules: rulesWith('{ dimension: dcs_instance_id }') },
    /a run that no rule allows: .*00000000bad0/,
  ],
  [
    'gives a repeat another key',
    planted({
      read: async (...given) => {
        const readings = await sound.read(...given)
        return readings.map((one) => ('alarm' in one ? { alarm: { ...one.alarm, dedupeKey: `${calls++}` } } : one))
      },
    }),
    /\d runs, and \d after it came once more/,
  ],
  [
    'passes half a character on',
    planted({ parse: unchecked, read: (payload) => ignored(summaryOf(payload).slice(0, 500)) }),
    /half a character/,
  ],
  ['passes any text on', planted({ read: (payload) => ignored(summaryOf(payload)) }), /a text of \d+ characters/],
  [
    'changes a prototype',
    planted({
      parse: unchecked,
      read: (payload) => {
        for (const [key, value] of Object.entries(Object(payload))) {
          const known = {}
          Object.assign(Reflect.get(known, key) ?? known, Object(value) === value ? { polluted: true } : {})
        }
        return []
      },
    }),
    /a prototype was changed/,
  ],
  [
    'is slow',
    {
      ...planted({
        read: (payload) => {
          if (Object(payload).status !== 'firing') usedMs += 1_500
          return []
        },
      }),
      cpuMs: () => usedMs,
    },
    /took 1500 ms/,
  ],
])('a source is found that %s', async ([, options, expected]) => {
  const report = await fuzz({ runs: 20_000, seed: 1, endsAtFirst: true, ...options })
  Reflect.deleteProperty(Object.prototype, 'polluted')
  expect(report.violation?.broken.join('\n')).toMatch(expected)
})

test.for<[string, () => Promise<Partial<FuzzOptions>>, RegExp]>([
  [
    'tells alarms apart by what is written beside them',
    async () => {
      const read: WebhookSource['read'] = async (...given) => {
        const readings = await sound.read(...given)
        return readings.map((one) => ('alarm' in one ? { alarm: { ...one.alarm, dedupeKey: one.alarm.reason } } : one))
      }
      return { sources: new Map([['alertmanager', { ...sound, read }]]) }
    },
    /\d runs of \d happening/,
  ],
  [
    'takes any move for the one that was approved',
    async () => ({
      sources: new Map([['jira', { ...(jira as WebhookSource), approvalDenial: async () => undefined }]]),
    }), // its settings are its own
    /runs? of [01] approved/,
  ],
  [
    'lets whoever asks choose the account',
    async () => {
      const sources = new Map([['generic', generic as WebhookSource]]) // its settings are its own
      const rules = await rulesFor(doorsAt(NOW_MS, sources), false, true)
      return { sources, rules: { ...rules, requests: rules.requests.map((rule) => ({ ...rule, accounts: '*' })) } }
    },
    /a run that no rule allows: .*"account":"staging"/,
  ],
])('a liar is found where a source or rule %s', async ([, made, expected]) => {
  const report = await fuzzLiars({ runs: 20_000, seed: 1, endsAtFirst: true, ...(await made()) })
  expect(report.violation?.broken.join('\n')).toMatch(expected)
})

test('what is printed of a violation is as small as it can be', async () => {
  const { violation } = await fuzz({ runs: 20_000, seed: 1, ...planted({ verify: () => undefined }) })
  expect(violation?.made).toContain('edits [], bytes "utf8"')
})

test('the same seed is the same deliveries', async () => {
  const [first, second] = [await fuzz({ runs: 300, seed: 4711 }), await fuzz({ runs: 300, seed: 4711 })]
  expect(second.answers).toEqual(first.answers)
})
