import { beforeEach, describe, expect, test } from 'vitest'
import type { Run } from '../../lib/runs/run.ts'
import { createWorld, type World } from '../world/world.ts'

/** Until when a run has time: it is written with the intent, and nothing moves it afterwards. */

const SECOND = 1_000
const MINUTE = 60_000
let world: World
beforeEach(() => {
  world = createWorld()
})

const after = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString()
const firstIn = (id: string, state: Run['state']): Run => {
  const run = world.history.get(id)?.find((one) => one.state === state)
  if (!run) throw new Error(`never ${state}`)
  return run
}

/** The baseline finds it busy for so long; then it is sent. */
const busyFor = (ms: number): void => {
  const until = world.now() + ms
  world.cloud.fault = (operation) =>
    operation === 'dcs.instance.show' && world.now() < until
      ? { kind: 'busy', change: 'none', code: 'DCS.4111' }
      : undefined
}

test('a run that is sent at once has the time from when it was asked for', async () => {
  const { id, deadlineAt } = await world.accept({})
  await world.pass(5 * MINUTE)
  expect(firstIn(id, 'submitting')).toMatchObject({ deadlineAt, sendByAt: deadlineAt })
  expect(world.get(id)).toMatchObject({ state: 'succeeded', deadlineAt })
})

test('a run that waited has its full time from the intent, before the call', async () => {
  busyFor(5 * MINUTE)
  const { id, deadlineAt } = await world.accept({})
  await world.pass(20 * MINUTE)
  const { sentAt = '', ...intent } = firstIn(id, 'submitting')
  expect(intent).toMatchObject({ deadlineAt: after(sentAt, 40 * MINUTE), sendByAt: deadlineAt })
  const later = world.history.get(id)?.filter(({ version }) => version > intent.version)
  expect(new Set(later?.map((one) => one.deadlineAt))).toEqual(new Set([intent.deadlineAt]))
  expect([...world.leases.values()].map(({ until }) => until)).toEqual([after(intent.deadlineAt, 32 * MINUTE)])
})

test('an answer that comes late moves no deadline', async () => {
  world.tookMs = (port) => (port === 'cloud' ? 6_000 : 0)
  busyFor(5 * MINUTE)
  const { id } = await world.accept({})
  await world.pass(20 * MINUTE)
  const { deadlineAt, sentAt } = firstIn(id, 'submitting')
  const taken = firstIn(id, 'tracking')
  expect([taken.deadlineAt, (taken.acceptedAt ?? '') > (sentAt ?? '')]).toEqual([deadlineAt, true])
})

test('a run that is found counts as taken on when it was found, and has the time of its intent', async () => {
  world.cloud.workMs = () => 5 * MINUTE
  world.cloud.fault = (operation) =>
    operation === 'dcs.instance.restart' ? { kind: 'timeout', change: 'unknown', took: true } : undefined
  const { id } = await world.accept({})
  await world.pass(20 * MINUTE)
  const { deadlineAt, sentAt = '' } = firstIn(id, 'submitting')
  const found = firstIn(id, 'tracking')
  expect([found.acceptedAt, found.deadlineAt]).toEqual([after(sentAt, 10 * SECOND), deadlineAt])
})

describe('a call that was clearly refused', () => {
  test('gives back the time that it took', async () => {
    let refusals = 6
    world.cloud.fault = (operation) => {
      if (operation === 'dcs.instance.restart' && refusals-- > 0) return { kind: 'busy', change: 'none' }
      return undefined
    }
    const { id, deadlineAt } = await world.accept({})
    await world.pass(30 * MINUTE)
    const history = world.history.get(id) ?? []
    const queued = history.filter(({ state, busyAnswers }) => state === 'queued' && busyAnswers > 0)
    expect(queued.length).toBeGreaterThanOrEqual(6)
    for (const run of queued)
      expect([run.deadlineAt, run.sendByAt, run.sentAt]).toEqual([deadlineAt, undefined, undefined])
    expect(world.get(id).state).toBe('succeeded')
  })

  test('for ever ends the run by the time that it was given, and says that', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.restart' ? { kind: 'busy', change: 'none' } : undefined
    const { id, deadlineAt } = await world.accept({})
    await world.pass(120 * MINUTE)
    const run = world.get(id)
    expect([run.state, (run.endedAt ?? '') <= deadlineAt]).toEqual(['failed', true])
    expect([run.deadlineAt, run.sendByAt]).toEqual([deadlineAt, undefined])
  })
})
