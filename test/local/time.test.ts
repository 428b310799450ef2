import { expect, test } from 'vitest'
import { startPeriodic } from '../../lib/local/periodic.ts'
import { type Time, timeAt } from '../../lib/local/time.ts'

test('a clock that is fast begins now, and waits as much less', async () => {
  const time = timeAt(100)
  const begunAtMs = Date.now()
  expect(Math.abs(time.clock() - begunAtMs)).toBeLessThan(2_000)
  await time.sleep(5_000)
  const tookMs = Date.now() - begunAtMs
  expect(tookMs).toBeGreaterThanOrEqual(49)
  expect(time.clock() - begunAtMs).toBeGreaterThanOrEqual(4_900)
})

test('a wait that is ended early is no error', async () => {
  const end = new AbortController()
  const waiting = timeAt(1).sleep(3_600_000, end.signal)
  end.abort()
  await expect(waiting).resolves.toBe(undefined)
  await expect(timeAt(1).sleep(3_600_000, end.signal)).resolves.toBe(undefined)
})

/** A clock that advances only while somebody waits by it. */
function ownTime(): Time {
  let nowMs = 0
  return {
    clock: () => nowMs,
    sleep: async (ms, signal) => {
      await new Promise(setImmediate)
      if (!signal?.aborted) nowMs += Math.max(0, ms)
    },
  }
}

test('work is done at once, then each time the interval is over, never twice at a time', async () => {
  const time = ownTime()
  const begun: number[] = []
  let inHand = 0
  const stop = startPeriodic(time, 60_000, async () => {
    expect(++inHand).toBe(1)
    begun.push(time.clock())
    // The third takes longer than the interval.
    await time.sleep(begun.length === 3 ? 90_000 : 1_000)
    inHand--
  })
  while (begun.length < 5) await new Promise(setImmediate)
  await stop()
  expect(begun.slice(0, 5)).toEqual([0, 60_000, 120_000, 210_000, 270_000])
})
