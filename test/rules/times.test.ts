import { beforeEach, describe, expect, test } from 'vitest'
import { decide } from '../../lib/rules/decide.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { createWorld, type World } from '../world/world.ts'
import { itemOf, SOURCE_FORMS } from './source-forms.ts'

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

/** Forms that some sender writes; any sender may. */
const FORMS: [string, (ms: number) => unknown][] = [
  ['epoch ms', (ms) => ms],
  ['epoch s', (ms) => ms / 1000],
  ['epoch ms as text', String],
  ['epoch s as text', (ms) => String(ms / 1000)],
  ['an offset without a colon', (ms) => iso(ms + 8 * 3_600_000).replace('Z', '+0800')],
  ['an offset', (ms) => iso(ms + 8 * 3_600_000).replace('Z', '+08:00')],
  ['Z', iso],
]

describe.for(SOURCE_FORMS)('the time by $by', (form) => {
  test.for(FORMS)('in %s is read', async ([, written]) => {
    const item = await itemOf(form, world.now(), (sample) => form.setTime(sample, written(wantedMs())))
    const { occurredAt } = Object.values(item)[0]
    expect(occurredAt).toBe(iso(wantedMs()))
    expect(await decide(deciding(), item)).toMatchObject({ runs: [expect.any(String)] })
  })

  const unread = ['Friday', '2026-02-30T00:00:00Z', 1e20, '']
  // These senders read the response: 400, with the field.
  const isAnswered = ['generic', 'servicenow'].includes(form.source)
  test.for(unread)('that is %j is refused if a rule matches, and people are notified', async (time) => {
    const item = itemOf(form, world.now(), (sample) => form.setTime(sample, time))
    if (isAnswered) return expect(item).rejects.toThrow(/must be/)
    if (form.hasOtherTime) return expect(await decide(deciding(), await item)).toHaveProperty('runs')
    const result = await decide(deciding(), await item)
    expect(result).toMatchObject({ refused: expect.stringMatching(/^its time cannot be read: "/) })
    expect([world.runs.size, world.refused.length]).toEqual([0, 1])
  })

  test('that is unreadable notifies nobody if no rule matches', async () => {
    if (isAnswered || form.hasOtherTime) return
    const item = await itemOf(form, world.now(), (sample) => form.setTime(sample, 'Friday'))
    const rules = parseRules('rules: []', 'r.yml')
    expect(await decide({ ...deciding(), rules }, item)).toHaveProperty('ignored')
    expect([world.runs.size, world.refused.length]).toEqual([0, 0])
  })
})
