import { describe, expect, test } from 'vitest'
import { bucketOf, type Durations, edgeOf, quantileOf, type Span } from '../../../lib/runs/durations/durations.ts'
import { seeded } from '../../chance.ts'
import { learnt } from './series.ts'

const sumOf = ({ weights }: Durations): number => Object.values(weights).reduce((sum, weight) => sum + weight, 0)
const times = (count: number, span: Span, before?: Durations): Durations | undefined =>
  Array.from({ length: count }).reduce<Durations | undefined>((durations) => learnt(durations, span), before)
const of = (weights: Record<string, number>): Durations => ({ ...learnt(undefined, { from: 1, until: 1 }), weights })

test('the first run makes a record of its kind, which is kept for 400 days', () => {
  expect(learnt(undefined, { from: 600, until: 601 })).toEqual({
    key: 'dcs.instance.swap',
    runs: 1,
    weights: { 147: 1 },
    version: 1,
    expiresAtSeconds: Date.parse('2026-01-01T00:00:00Z') / 1000 + 400 * 86_400,
  })
})

test('each run raises version and count by one; what another release wrote stays', () => {
  const before = { ...learnt(undefined, { from: 600, until: 601 }), ofAnotherRelease: 1 }
  expect(learnt(before, { from: 600, until: 601 })).toMatchObject({ runs: 2, version: 2, ofAnotherRelease: 1 })
})

test('a run that stands for ten weighs ten times as much, and lets the others fade ten times', () => {
  const before = learnt(undefined, { from: 64, until: 65 })
  const { runs, version, weights } = learnt(before, { from: 128, until: 129 }, 10)
  expect({ runs, version, weights }).toEqual({ runs: 11, version: 2, weights: { 96: 0.8203, 112: 10 } })
})

test('there are 16 buckets for each doubling, and each begins where the one before ends', () => {
  expect([16, 32, 160].map(edgeOf).map(Math.round)).toEqual([2, 4, 1024])
  for (let bucket = 0; bucket < 300; bucket++) {
    expect(bucketOf((edgeOf(bucket) + edgeOf(bucket + 1)) / 2)).toBe(bucket)
  }
})

describe('the weight of a run', () => {
  test.for<[string, Span, Record<string, number>]>([
    ['is in one bucket where both looks are', { from: 600, until: 608 }, { 147: 1 }],
    ['is all there where both looks are at one time', { from: 600, until: 600 }, { 147: 1 }],
    ['is spread over two buckets by the time in each', { from: 63, until: 65 }, { 95: 0.5, 96: 0.5 }],
    [
      'is spread over many, and more in those that are longer',
      { from: 60, until: 72 },
      { 94: 0.11, 95: 0.23, 96: 0.24, 97: 0.25, 98: 0.18 },
    ],
    ['is in the first bucket for work of no length', { from: 0, until: 0 }, { 0: 1 }],
    ['is in the first bucket for work of less than a second', { from: 0.2, until: 0.9 }, { 0: 1 }],
    ['is in the first bucket where a clock stepped back', { from: -3, until: -1 }, { 0: 1 }],
    ['is at its end where the look before is dated later', { from: 700, until: 600 }, { 147: 1 }],
  ])('%s', ([, span, weights]) => {
    const found = learnt(undefined, span).weights
    expect(
      Object.fromEntries(Object.entries(found).map(([bucket, share]) => [bucket, Number(share.toFixed(2))])),
    ).toEqual(weights)
  })

  test('is one in all, but for what weighs too little to be kept', () => {
    expect(sumOf(learnt(undefined, { from: 300, until: 420 }))).toBeCloseTo(1, 2)
    // From 1 s to 15 s there are 63 buckets; the first ones are of some hundredths of a second.
    const { weights } = learnt(undefined, { from: 0, until: 15 })
    expect(Math.min(...Object.values(weights))).toBeGreaterThanOrEqual(0.01)
    expect(sumOf({ ...of(weights) })).toBeGreaterThan(0.6)
  })
})

describe('the weight of a run, where others have ended before', () => {
  const FADE = 0.5 ** (1 / 35)
  const added = (before: Record<string, number>, span: Span): Record<string, number> =>
    Object.fromEntries(
      Object.entries(learnt(of(before), span).weights).flatMap(([bucket, weight]) => {
        const share = Number((weight - (before[bucket] ?? 0) * FADE).toFixed(2))
        return share > 0 ? [[bucket, share]] : []
      }),
    )

  test.for<[string, Record<string, number>, Span, Record<string, number>]>([
    ['is mostly where they ended', { 95: 9 }, { from: 63, until: 65 }, { 95: 0.88, 96: 0.12 }],
    ['is mostly where more of them ended', { 95: 9, 96: 90 }, { from: 63, until: 65 }, { 95: 0.11, 96: 0.89 }],
    [
      'is spread by the time where none of them ended',
      { 40: 9, 200: 9 },
      { from: 63, until: 65 },
      { 95: 0.5, 96: 0.5 },
    ],
    ['is never outside its span', { 95: 900 }, { from: 64.5, until: 65 }, { 96: 1 }],
  ])('%s', ([, before, span, shares]) => {
    expect(added(before, span)).toEqual(shares)
  })
})

describe('what was seen before', () => {
  test('weighs half as much after 35 runs more', () => {
    const before = times(1, { from: 600, until: 601 })
    expect(times(35, { from: 64, until: 65 }, before)?.weights[147]).toBeCloseTo(0.5, 1)
  })

  test('is forgotten once it weighs a hundredth', () => {
    const before = times(1, { from: 600, until: 601 })
    expect(times(230, { from: 64, until: 65 }, before)?.weights[147]).toBeCloseTo(0.5 ** (230 / 35), 3)
    expect(times(235, { from: 64, until: 65 }, before)?.weights).not.toHaveProperty('147')
  })
})

describe('after 1,000 runs', () => {
  const random = seeded(1)
  const any = (): number => 86_400 ** random()
  test.for<[string, () => Span, number]>([
    [
      'of any length, seen exactly',
      () => {
        const until = any()
        return { from: until * 0.97, until }
      },
      1,
    ],
    ['of any length, seen once only', () => ({ from: 0, until: any() }), 1],
    [
      'of any length, one in ten of them counted',
      () => {
        const until = any()
        return { from: until * random(), until }
      },
      10,
    ],
  ])('%s, the record is smaller than 1 KB', ([, spanOf, counted]) => {
    let durations: Durations | undefined
    for (let run = 0; run < 1_000; run++) {
      durations = learnt(durations && { ...durations, key: 'emr.service.restart/1024-processes' }, spanOf(), counted)
      expect(Buffer.byteLength(JSON.stringify(durations))).toBeLessThan(1_000)
    }
    expect(durations?.runs).toBe(1_000 * counted)
  })
})

test('where there are too many buckets, the heaviest are kept', () => {
  const weights = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index, 1 + index]))
  const kept = learnt(of(weights), { from: 4_096, until: 4_097 }).weights
  expect(Object.keys(kept).map(Number)).toEqual(Array.from({ length: 64 }, (_, index) => 36 + index))
})

describe('a quantile', () => {
  test.for<[string, Record<string, number>, number, number | undefined]>([
    ['is not known of no run', {}, 0.5, undefined],
    ['is where its bucket begins for a share of none', { 96: 2 }, 0, 64],
    ['is within its bucket', { 96: 2 }, 0.5, 65.417],
    ['is where its bucket ends for all', { 96: 2 }, 1, 66.834],
    ['counts the buckets before', { 16: 1, 96: 1, 112: 2 }, 0.5, 66.834],
    ['is in the bucket that the share ends in', { 16: 1, 96: 1, 112: 2 }, 0.75, 130.834],
  ])('%s', ([, weights, share, seconds]) => {
    const quantile = quantileOf(of(weights), share)
    if (seconds === undefined) expect(quantile).toBeUndefined()
    else expect(quantile).toBeCloseTo(seconds, 2)
  })

  test('never falls as the share grows', () => {
    const random = seeded(2)
    const durations = times(1, { from: 5, until: 2_000 * random() }) ?? of({})
    const quantiles = Array.from({ length: 101 }, (_, share) => quantileOf(durations, share / 100) ?? 0)
    expect(quantiles).toEqual(quantiles.toSorted((a, b) => a - b))
  })
})
