import { describe, expect, test } from 'vitest'
import { changed } from '../../lib/runs/change.ts'
import type { Run } from '../../lib/runs/run.ts'
import { clampDelay, pollDelaySeconds } from '../../lib/runs/schedule.ts'
import { mayBecome, State } from '../../lib/runs/states.ts'
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
  test.for(['succeeded', 'failed', 'timed-out', 'refused', 'unknown'] as const)('%s', async (state) => {
    const ended = await run(state)
    expect(State.options.filter((other) => mayBecome(state, other))).toEqual([])
    for (const other of State.options) {
      expect(() => changed(ended, other, { outcome: OUTCOME }, NOW)).toThrow('cannot become')
    }
  })
})

test.for([
  ['queued', 'tracking'],
  ['queued', 'succeeded'],
  ['queued', 'unknown'],
  ['submitting', 'succeeded'],
  ['submitting', 'verifying'],
  ['submitting', 'refused'],
  ['tracking', 'queued'],
  ['tracking', 'submitting'],
  ['tracking', 'refused'],
  ['verifying', 'tracking'],
  ['verifying', 'submitting'],
] as const)('%s never becomes %s', async ([from, to]) => {
  const before = await run(from)
  expect(() => changed(before, to, {}, NOW)).toThrow(`${from} cannot become ${to}`)
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
