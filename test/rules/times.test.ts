import { beforeEach, describe, expect, test } from 'vitest'
import { decide } from '../../lib/rules/decide.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { createWorld, type World } from '../world/world.ts'
import { readingOf, SAMPLE_EVENTS } from './sample-events.ts'

const CACHE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const RULES = parseRules(
  `
rules: [{ name: any, when: { alarm: '*' }, run: dcs.instance.swap, target: { instanceId: ${CACHE} } }]
tickets: [{ name: any-ticket, when: { source: '*', event: '*' }, run: dcs.instance.swap, target: { instanceId: ${CACHE} } }]
`,
  'r.yml',
)

let world: World
beforeEach(() => {
  world = createWorld()
})
const deciding = () => ({ ports: world.ports, rules: RULES, regions: { huawei: 'cn-north-4' } })

/** A minute ago, in whole seconds. */
const wantedMs = (): number => world.now() - 60_000
const iso = (ms: number): string => new Date(ms).toISOString()

/** The forms of time that senders are known to write; any sender may write any of them. */
const FORMS: [string, (ms: number) => unknown][] = [
  ['epoch ms', (ms) => ms],
  ['epoch s', (ms) => ms / 1000],
  ['epoch ms as text', String],
  ['epoch s as text', (ms) => String(ms / 1000)],
  ['an offset without a colon', (ms) => iso(ms + 8 * 3_600_000).replace('Z', '+0800')],
  ['an offset', (ms) => iso(ms + 8 * 3_600_000).replace('Z', '+08:00')],
  ['Z', iso],
]

describe.for(SAMPLE_EVENTS)('the time by $by', (event) => {
  test.for(FORMS)('in %s is read', async ([, written]) => {
    const reading = await readingOf(event, world.now(), (sample) => event.setTime(sample, written(wantedMs())))
    const { occurredAt } = Object.values(reading)[0]
    expect(occurredAt).toBe(iso(wantedMs()))
    expect(await decide(deciding(), reading)).toMatchObject({ runs: [expect.any(String)] })
  })

  const unread = ['Friday', '2026-02-30T00:00:00Z', 1e20, '']
  // A sender that reads the answer gets 400 with the field.
  const isAnswered = ['generic', 'servicenow'].includes(event.source)
  test.for(unread)('that is %j is refused where a rule fits, and people are notified', async (time) => {
    const reading = readingOf(event, world.now(), (sample) => event.setTime(sample, time))
    if (isAnswered) return expect(reading).rejects.toThrow(/must be/)
    if (event.hasOtherTime) return expect(await decide(deciding(), await reading)).toHaveProperty('runs')
    const result = await decide(deciding(), await reading)
    expect(result).toMatchObject({ refused: expect.stringMatching(/^its time cannot be read: "/) })
    expect([world.runs.size, world.refused.length]).toEqual([0, 1])
  })

  test('that is unreadable notifies nobody where no rule fits', async () => {
    if (isAnswered || event.hasOtherTime) return
    const reading = await readingOf(event, world.now(), (sample) => event.setTime(sample, 'Friday'))
    const rules = parseRules('rules: []', 'r.yml')
    expect(await decide({ ...deciding(), rules }, reading)).toHaveProperty('ignored')
    expect([world.runs.size, world.refused.length]).toEqual([0, 0])
  })
})
