import { describe, expect, test } from 'vitest'
import { changed } from '../../lib/runs/change.ts'
import type { Run } from '../../lib/runs/run.ts'
import { clampDelay, pollDelaySeconds } from '../../lib/runs/schedule.ts'
import { isFinal, mayBecome, rulesOf, State } from '../../lib/runs/states.ts'
import { createWorld } from '../world/world.ts'

const run = async (state: State): Promise<Run> => ({ ...(await createWorld().accept({})), state })
const NOW = Date.parse('2026-01-01T00:01:00Z')
const OUTCOME = { summary: 'done', providerDone: true }

test('a change raises the version and tells the sweeper when to look', async () => {
  const before = await run('tracking')
  const after = changed(before, 'tracking', { step: 3, nextAt: '2026-01-01T00:02:00.000Z' }, NOW)
  expect(after).toEqual({
    ...before,
    step: 3,
    version: before.version + 1,
    updatedAt: '2026-01-01T00:01:00.000Z',
    nextAt: '2026-01-01T00:02:00.000Z',
    due: 'due',
    dueAt: '2026-01-01T00:02:30.000Z',
  })
})

test('an end is due until it was told', async () => {
  const ended = changed(await run('tracking'), 'succeeded', { outcome: OUTCOME }, NOW)
  expect([ended.due, ended.dueAt]).toEqual(['due', '2026-01-01T00:01:30.000Z'])
  const told = changed(ended, 'succeeded', { notifiedAt: '2026-01-01T00:01:01.000Z' }, NOW)
  expect([told.due, told.dueAt]).toEqual([undefined, undefined])
})

describe('an end never changes', () => {
  test.for(['succeeded', 'failed', 'timed-out', 'cancelled', 'refused', 'unknown'] as const)('%s', async (state) => {
    const ended = await run(state)
    expect(State.options.filter((other) => mayBecome(state, other))).toEqual([])
    for (const other of State.options) {
      expect(() => changed(ended, other, { outcome: OUTCOME }, NOW)).toThrow('cannot become')
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
  expect(() => changed(before, to, {}, NOW)).toThrow(`${from} cannot become ${to}`)
})

test.for([
  ['queued', 'timed-out', '2026-01-01T00:40:00.000Z'],
  ['attached', 'timed-out', '2026-01-01T00:40:00.000Z'],
  ['submitting', 'unknown', '2026-01-01T00:15:00.000Z'],
  ['tracking', 'timed-out', '2026-01-01T00:40:00.000Z'],
  ['verifying', 'timed-out', '2026-01-01T00:40:00.000Z'],
] as const)('%s ends as %s by %s at the latest', async ([state, end, at]) => {
  const { late } = rulesOf(state)
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

test('polls grow apart up to a minute, spread by a tenth', () => {
  const tracking = { firstWaitSeconds: 5, everySeconds: 5 }
  expect([0, 1, 2, 5, 10, 20, 500].map((step) => pollDelaySeconds(tracking, step, 0.5))).toEqual([
    5, 5, 6, 11, 26, 60, 60,
  ])
  expect([0, 0.999].map((random) => pollDelaySeconds(tracking, 20, random))).toEqual([54, 66])
})
