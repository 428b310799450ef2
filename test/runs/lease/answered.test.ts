import { expect, test } from 'vitest'
import { hasAnswered } from '../../../lib/runs/lease/past.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { createWorld } from '../../world/world.ts'

/** Whether a run that has ended answers one that was asked for at 00:10:00, by the times of hosts that are apart. */

const at = (minute: string) => `2026-01-01T00:${minute}.000Z`

test.for<[string, Pick<Run, 'state' | 'sentAt' | 'endedAt'>, boolean]>([
  ['sent after it, and done', { state: 'succeeded', sentAt: at('10:05'), endedAt: at('10:40') }, true],
  ['sent after it, and failed', { state: 'failed', sentAt: at('10:05'), endedAt: at('10:40') }, true],
  ['sent after it, and unknown', { state: 'unknown', sentAt: at('10:05'), endedAt: at('10:40') }, false],
  ['sent before it', { state: 'succeeded', sentAt: at('09:55'), endedAt: at('10:40') }, false],
  ['done by a clock that is a minute behind', { state: 'succeeded', sentAt: at('10:05'), endedAt: at('09:00') }, true],
  [
    'done long before, as a clock stepped back',
    { state: 'succeeded', sentAt: at('15:00'), endedAt: at('07:59') },
    false,
  ],
  ['failed before, as a clock stepped back', { state: 'failed', sentAt: at('15:00'), endedAt: at('09:59') }, false],
])('%s', async ([, times, expected]) => {
  const world = createWorld()
  const run = { ...(await world.accept({})), createdAt: at('10:00') }
  expect(hasAnswered({ ...run, ...times }, run)).toBe(expected)
})
