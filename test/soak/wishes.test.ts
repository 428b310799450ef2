import { expect, test } from 'vitest'
import { seeded } from '../chance.ts'
import { alarmEvent, runIdOf } from './alarm-event.ts'
import { planWishes } from './wishes.ts'

test('by every door something is wished for, and the rules of the soak let each alarm through', () => {
  const wishes = planWishes(300, 60_000, seeded(1))
  expect(new Set(wishes.map(({ door }) => door))).toEqual(new Set(['http', 'webhook', 'alarm']))
  const alarms = wishes.filter(({ door }) => door === 'alarm')
  const now = Date.parse('2026-01-01T00:00:00Z')
  expect(new Set(alarms.map((wish) => runIdOf(alarmEvent(wish, now), now))).size).toBe(alarms.length)
})
