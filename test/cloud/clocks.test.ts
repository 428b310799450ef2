import { expect, test } from 'vitest'
import { createClocks } from '../../lib/cloud/clocks.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const httpDate = (ms: number): string => new Date(ms).toUTCString()

test('takes our own time until it learns better', () => {
  expect(createClocks().serverMs('https://a', NOW)).toBe(NOW)
})

test.for([
  ['20 minutes ahead', httpDate(NOW + 1_200_000), 1_200_000],
  ['20 minutes behind', httpDate(NOW - 1_200_000), -1_200_000],
  ['a minute ahead', httpDate(NOW + 60_000), 60_000],
  ['59 seconds ahead', httpDate(NOW + 59_000), undefined],
  ['59 seconds behind', httpDate(NOW - 59_000), undefined],
  ['no time at all', undefined, undefined],
  ['an empty text', '', undefined],
  ['no date', 'yesterday', undefined],
] as const)('learns from a server whose date is %s', ([, date, aheadMs]) => {
  const clocks = createClocks()
  expect(clocks.learn('https://a', { date, signedAtMs: NOW, nowMs: NOW })).toBe(aheadMs !== undefined)
  expect(clocks.serverMs('https://a', NOW + 5_000)).toBe(NOW + 5_000 + (aheadMs ?? 0))
})

test('compares the time of the signature, not our own, with the server', () => {
  const clocks = createClocks()
  clocks.learn('https://a', { date: httpDate(NOW + 1_200_000), signedAtMs: NOW, nowMs: NOW })
  const signedAtMs = clocks.serverMs('https://a', NOW + 1_000)
  // It was signed with the server's time: signing again would not help.
  expect(clocks.learn('https://a', { date: httpDate(NOW + 1_201_000), signedAtMs, nowMs: NOW + 1_000 })).toBe(false)
})

test('reckons from when the answer came, not from when it was signed', () => {
  const clocks = createClocks()
  clocks.learn('https://a', { date: httpDate(NOW + 600_000), signedAtMs: NOW, nowMs: NOW + 10_000 })
  expect(clocks.serverMs('https://a', NOW + 10_000)).toBe(NOW + 600_000)
})

test('keeps each origin apart, and a bounded number of them', () => {
  const clocks = createClocks()
  for (let index = 0; index < 64; index++)
    clocks.learn(`https://${index}`, { date: httpDate(NOW + 600_000), signedAtMs: NOW, nowMs: NOW })
  expect(clocks.serverMs('https://0', NOW)).toBe(NOW + 600_000)
  expect(clocks.serverMs('https://64', NOW)).toBe(NOW)
  clocks.learn('https://64', { date: httpDate(NOW + 600_000), signedAtMs: NOW, nowMs: NOW })
  expect(['https://0', 'https://64'].map((origin) => clocks.serverMs(origin, NOW))).toEqual([NOW, NOW + 600_000])
})
