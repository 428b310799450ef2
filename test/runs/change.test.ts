import { describe, expect, test } from 'vitest'
import { changed } from '../../lib/runs/change.ts'
import type { Run } from '../../lib/runs/run.ts'
import { clampDelay, isEarly, MAX_STEPS, needsRequeue, pollDelaySeconds } from '../../lib/runs/schedule.ts'
import { isFinal, type LiveState, mayBecome, rulesOf, State } from '../../lib/runs/states.ts'
import { createWorld } from '../world/world.ts'

const run = async (state: State): Promise<Run> => {
  const accepted = await createWorld().accept({})
  return { ...accepted, state, timeline: [{ at: accepted.createdAt, state }] }
}
const NOW = Date.parse('2026-01-01T00:01:00Z')
const OUTCOME = { summary: 'done', providerDone: true }

test('a change raises the version and sets the date of the sweeper', async () => {
  const before = await run('tracking')
  const after = changed(before, { state: 'tracking', step: 3, nextAt: '2026-01-01T00:02:00.000Z' }, NOW)
  expect(after).toEqual({
    ...before,
    step: 3,
    version: before.version + 1,
    updatedAt: '2026-01-01T00:01:00.000Z',
    nextAt: '2026-01-01T00:02:00.000Z',
    due: 'due',
    // Half a minute after its next step, and the slack of the heartbeat.
    dueAt: '2026-01-01T00:04:45.000Z',
  })
})

describe('the date of a run that goes on as planned', () => {
  const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString()
  const dated = async (dueAt: string, nextAt: string, state: LiveState) =>
    changed({ ...(await run(state)), deadlineAt: at(60), dueAt, due: 'due' }, { state, nextAt }, NOW).dueAt

  test.for([
    ['stays while it is ahead', at(1.5), at(1), at(1.5)],
    ['stays at the end of its slack', at(3.75), at(1), at(3.75)],
    ['is written anew once it would fall behind', at(1.49), at(1), at(3.75)],
    ['is never later than the slack allows', at(3.76), at(1), at(3.75)],
    ['is half a minute after the deadline at the latest', at(1), at(59.5), at(60.5)],
  ] as const)('%s', async ([, before, nextAt, dueAt]) => {
    for (const state of ['tracking', 'verifying', 'attached'] as const)
      expect([state, await dated(before, nextAt, state)]).toEqual([state, dueAt])
  })

  test.for([
    ['stays at the end of its slack, a minute', at(2.5), at(1), at(2.5)],
    ['is never later than that allows', at(2.51), at(1), at(2.5)],
    ['is written anew, before the run is sent, once it would fall behind', at(1.49), at(1), at(2.5)],
    ['is half a minute after the deadline at the latest, before the run is sent', at(1), at(59.5), at(60.5)],
  ] as const)('%s', async ([, before, nextAt, dueAt]) => {
    expect(await dated(before, nextAt, 'queued')).toBe(dueAt)
  })

  test('has the slack from its acceptance on', async () => {
    const { createdAt, dueAt = '' } = await createWorld().accept({})
    expect(Date.parse(dueAt) - Date.parse(createdAt)).toBe(90_000)
  })

  test('has no slack where its message was sent anew', async () => {
    const before = { ...(await run('queued')), deadlineAt: at(60), dueAt: at(2) }
    expect(changed(before, { rearms: 1, nextAt: at(1) }, NOW).dueAt).toBe(at(1.5))
  })

  test('is that of its next step where that passed already', async () => {
    expect(await dated(at(-5), at(-3), 'queued')).toBe(at(1.5))
  })
})

describe('the date of a run that has ended', () => {
  const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString()
  test.for([
    ['stays where it is ahead', at(0.5), at(0.5)],
    ['stays as far ahead as that of a poll may be', at(2.75), at(2.75)],
    ['is half a minute ahead where that is further', at(2.76), at(0.5)],
    ['is half a minute ahead where it fell behind', at(0.49), at(0.5)],
  ] as const)('%s', async ([, before, dueAt]) => {
    // Neither its next step nor its deadline counts any more.
    const live = { ...(await run('tracking')), nextAt: at(30), deadlineAt: at(-1), dueAt: before }
    expect(changed(live, { state: 'succeeded', outcome: OUTCOME }, NOW).dueAt).toBe(dueAt)
  })

  test('stays while nobody could be notified, and is written anew by the next try', async () => {
    const ended = changed(await run('tracking'), { state: 'succeeded', outcome: OUTCOME }, NOW)
    expect(changed(ended, { deadLetters: 1 }, NOW).dueAt).toBe(ended.dueAt)
    expect(changed(ended, { deadLetters: 1 }, NOW + 60_000).dueAt).toBe(at(1.5))
  })
})

test('an end is due until it was notified', async () => {
  const ended = changed(await run('tracking'), { state: 'succeeded', outcome: OUTCOME }, NOW)
  expect([ended.due, ended.dueAt]).toEqual(['due', '2026-01-01T00:01:30.000Z'])
  const notified = changed(ended, { state: 'succeeded', notifiedAt: '2026-01-01T00:01:01.000Z' }, NOW)
  expect([notified.due, notified.dueAt]).toEqual([undefined, undefined])
})

describe('an end never changes', () => {
  test.for(['succeeded', 'failed', 'timed-out', 'cancelled', 'refused', 'unknown'] as const)('%s', async (state) => {
    const ended = await run(state)
    expect(State.options.filter((other) => mayBecome(state, other))).toEqual([])
    for (const other of State.options) {
      expect(() => changed(ended, { state: other, outcome: OUTCOME }, NOW)).toThrow('cannot become')
    }
  })
})

test('the changes of state that can happen', () => {
  const live = State.options.filter((state) => !isFinal(state))
  const possible = live.map((from) => [from, State.options.filter((to) => mayBecome(from, to))])
  expect(Object.fromEntries(possible)).toEqual({
    queued: ['attached', 'submitting', 'failed', 'timed-out', 'cancelled', 'refused'],
    attached: ['queued', 'succeeded', 'failed', 'timed-out', 'cancelled', 'unknown'],
    submitting: ['queued', 'tracking', 'verifying', 'failed', 'unknown'],
    tracking: ['verifying', 'succeeded', 'failed', 'timed-out', 'unknown'],
    verifying: ['succeeded', 'failed', 'timed-out', 'unknown'],
  })
})

test.for([
  ['queued', 'tracking'],
  ['submitting', 'cancelled'],
  ['tracking', 'submitting'],
  ['verifying', 'refused'],
] as const)('%s never becomes %s', async ([from, to]) => {
  const before = await run(from)
  expect(() => changed(before, { state: to }, NOW)).toThrow(`${from} cannot become ${to}`)
})

test.for([
  ['queued', 'timed-out', '2026-01-01T00:40:00.000Z'],
  ['attached', 'timed-out', '2026-01-01T00:40:00.000Z'],
  ['submitting', 'unknown', '2026-01-01T00:15:00.000Z'],
  ['tracking', 'timed-out', '2026-01-01T00:40:00.000Z'],
  ['verifying', 'timed-out', '2026-01-01T00:40:00.000Z'],
] as const)('%s ends as %s by %s at the latest', async ([state, end, at]) => {
  const { onDeadline: late } = rulesOf(state)
  expect([late.as, late.at({ ...(await run(state)), sentAt: '2026-01-01T00:05:00.000Z' })]).toEqual([end, at])
})

test.for([
  [-5, 0],
  [0.2, 1],
  [59.5, 60],
  [900, 900],
  [54_524, 900],
] as const)('a delay of %d s is sent as %d', ([seconds, sent]) => {
  expect(clampDelay(seconds)).toBe(sent)
})

const MINUTE = 60_000

test('polls grow apart with the age of the work, up to 45 s, and a minute for long work', () => {
  const tracking = { firstWaitSeconds: 7, everySeconds: 5 }
  const ages = [0, 1, 12_500, 20_000, 60_000, 113_000, 15 * MINUTE, 15 * MINUTE + 1, 24 * 60 * MINUTE]
  expect(ages.map((ageMs) => pollDelaySeconds(tracking, ageMs, 0.5))).toEqual([7, 5, 5, 8, 24, 45, 45, 60, 60])
})

test('polls are spread by a tenth', () => {
  const tracking = { firstWaitSeconds: 5, everySeconds: 5 }
  expect([0, 0.999].map((random) => pollDelaySeconds(tracking, 50_000, random))).toEqual([18, 22])
})

test.for([
  ['restart', 10 * MINUTE, 22],
  ['rolling restart', 24 * 60 * MINUTE, 1_470],
] as const)('a %s of %d ms takes %d polls at most', ([, workMs, most]) => {
  let polls = 0
  for (let ageMs = 0; ageMs < workMs; polls++) {
    ageMs += pollDelaySeconds({ firstWaitSeconds: 5, everySeconds: 5 }, ageMs, 0.5) * 1000
  }
  expect([polls <= most, polls < MAX_STEPS]).toEqual([true, true])
})

test.for([
  [0, 30 + 135],
  [1, 30],
  [2, 60],
  [3, 120],
  [4, 240],
  [5, 240],
  [60, 240],
] as const)('after %d re-arms a message is missed %d s after its time', async ([rearms, seconds]) => {
  const { dueAt, ...before } = await run('tracking')
  const after = changed(before, { state: 'tracking', rearms, nextAt: new Date(NOW).toISOString() }, NOW)
  expect(Date.parse(after.dueAt ?? '') - NOW).toBe(seconds * 1000)
})

test('however often it was re-armed, the sweeper checks it half a minute after its deadline', async () => {
  const before = await run('tracking')
  const nowMs = Date.parse(before.deadlineAt) - 60_000
  const after = changed(before, { state: 'tracking', rearms: 9, nextAt: new Date(nowMs).toISOString() }, nowMs)
  expect(Date.parse(after.dueAt ?? '') - Date.parse(before.deadlineAt)).toBe(30_000)
})

test('whatever else happens to a run, its re-arms are counted anew', async () => {
  const armed = changed(await run('tracking'), { state: 'tracking', rearms: 3 }, NOW)
  expect([armed.rearms, changed(armed, { state: 'tracking', step: 1 }, NOW).rearms]).toEqual([3, undefined])
})

test('a run says when it ended, however often it was notified later', async () => {
  const ended = changed(await run('tracking'), { state: 'succeeded', outcome: OUTCOME }, NOW)
  const notified = changed(ended, { state: 'succeeded', notifiedAt: '2026-01-01T01:00:00.000Z' }, NOW + 60 * MINUTE)
  expect([ended.endedAt, notified.endedAt, notified.updatedAt]).toEqual([
    '2026-01-01T00:01:00.000Z',
    '2026-01-01T00:01:00.000Z',
    '2026-01-01T01:01:00.000Z',
  ])
  expect(changed(await run('tracking'), { state: 'tracking' }, NOW)).not.toHaveProperty('endedAt')
})

describe('a message comes early', () => {
  const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString()
  test.for<[string, number, number, boolean]>([
    ['six seconds before its time', 6, 0, true],
    ['five seconds before its time', 5, 0, false],
    ['at its time', 0, -60, false],
    ['before its time, of a run that was changed in the future', 60, 6, false],
    ['before its time, of a run that was changed by a clock nearly the same', 60, 5, true],
  ])('%s: %j', ([, nextAt, updatedAt, early]) => {
    expect(isEarly({ nextAt: at(nextAt), updatedAt: at(updatedAt) }, NOW)).toBe(early)
  })

  test.for([
    [900, false],
    [901, true],
  ] as const)('and a wait of %d s needs several messages: %j', ([seconds, needed]) => {
    expect(needsRequeue({ nextAt: at(seconds), updatedAt: at(0) })).toBe(needed)
  })
})
