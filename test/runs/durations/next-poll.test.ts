import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Durations, quantileOf } from '../../../lib/runs/durations/durations.ts'
import { nextPollAt } from '../../../lib/runs/durations/next-poll.ts'
import { seeded } from '../../chance.ts'
import { type Lengths, LONGEST, learnt, liveThrough, type Series } from './series.ts'

const DAY = 86_400

const historyOf = (runs: number, seconds: number): Durations =>
  Array.from({ length: runs - 1 }).reduce<Durations>(
    (durations) => learnt(durations, { from: seconds * 0.98, until: seconds }),
    learnt(undefined, { from: seconds * 0.98, until: seconds }),
  )

/** The waits between the looks at work that does not end. */
const waitsOf = (durations: Durations | undefined, longest: number): number[] => {
  const waits: number[] = []
  for (let age = 0; age < longest; age += waits.at(-1) ?? 0) waits.push(nextPollAt(durations, age, longest) - age)
  return waits
}

describe('whatever was seen before, the next look', () => {
  const span = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 1, max: DAY, noNaN: true }))
  const histories = fc
    .array(span, { maxLength: 20 })
    .map((runs) =>
      runs.reduce<Durations | undefined>(
        (durations, [share, until]) => learnt(durations, { from: share * until, until }),
        undefined,
      ),
    )
  const ages = fc.oneof(fc.constant(0), fc.double({ min: 0, max: DAY, noNaN: true }))
  const longests = fc.constantFrom(1, 4, 10, 1_800, 2_400, 3_600, DAY)

  test('comes later than now, by no more than the bound, and not after the end', () => {
    fc.assert(
      fc.property(histories, ages, longests, (durations, age, longest) => {
        const at = nextPollAt(durations, age, longest)
        const most = durations && durations.runs >= 3 ? 0.5 * (quantileOf(durations, 0.9) ?? 0) : 0.15 * age
        const least = durations && durations.runs >= 3 ? 60 : 90
        expect(at).toBeGreaterThan(age)
        expect(at - age).toBeLessThanOrEqual(Math.min(600, Math.max(least, most)) + 1e-6)
        if (age < longest) expect(at).toBeLessThanOrEqual(longest)
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  test('at work past its end is no sooner than a minute later', () => {
    fc.assert(
      fc.property(histories, ages, longests, (durations, more, longest) => {
        expect(nextPollAt(durations, longest + more, longest) - longest - more).toBeGreaterThan(60 - 1e-6)
      }),
      { seed: 2 },
    )
  })
})

describe('the next look', () => {
  test.for<[string, number, number, number, [least: number, most: number]]>([
    ['without history, at work just accepted, comes after ten seconds', 0, 0, 0, [9.5, 10.5]],
    ['without history, at work of ten minutes, comes within 90 s', 0, 0, 600, [60, 90]],
    ['after two runs comes as without history', 2, 600, 300, [60, 90]],
    ['after three runs is as far as half of what nine of ten needed', 3, 600, 300, [295, 304]],
    ['after many, long before the usual end, is far', 50, 600, 120, [150, 304]],
    ['after many, at the usual end, is soon', 50, 600, 588, [8, 30]],
    ['after many, well past the usual end, is apart again', 50, 600, 800, [100, 304]],
    ['after many, at short work past its usual end, is a minute later', 50, 20, 600, [60, 60.001]],
    ['after many, at work of hours, is ten minutes later at most', 50, 40_000, 10_000, [590, 600]],
    ['at short work comes where it usually ends', 50, 20, 0, [19, 23]],
  ])('%s', ([, runs, seconds, age, [least, most]]) => {
    const longest = Math.max(LONGEST, 2 * seconds)
    const wait = nextPollAt(runs > 0 ? historyOf(runs, seconds) : undefined, age, longest) - age
    expect(wait).toBeGreaterThanOrEqual(least)
    expect(wait).toBeLessThanOrEqual(most)
  })

  test('is planned at the end, where the work may not take longer', () => {
    expect(nextPollAt(undefined, 2_350, LONGEST)).toBe(LONGEST)
  })
})

describe('work that hangs', () => {
  test.for<[string, number, Durations | undefined]>([
    ['without history', 600, undefined],
    ['of runs of two hours', 600, historyOf(50, 7_200)],
    ['of runs of ten minutes', 303, historyOf(50, 600)],
    ['of runs of twenty seconds', 60, historyOf(50, 20)],
  ])('%s is looked at ever less often, and at last every %i s', ([, seconds, durations]) => {
    const waits = waitsOf(durations, DAY)
    const late = waits.filter((_, index) => waits.slice(0, index).reduce((sum, wait) => sum + wait, 0) > 10_800)
    // Those that end a day are spread over what is left of it.
    const apart = late.slice(0, -3)
    for (const [index, wait] of apart.entries()) expect(wait).toBeGreaterThanOrEqual((apart[index - 1] ?? 0) - 1e-6)
    expect(Math.max(...waits)).toBeCloseTo(seconds, 0)
    expect(waits.length).toBeLessThan(1.3 * (DAY / seconds))
  })
})

/** The mean of three series. */
const meanOf = (series: Series[]): Pick<Series, 'looks' | 'delay'> => ({
  looks: series.reduce((sum, { looks }) => sum + looks, 0) / series.length,
  delay: series.reduce((sum, { delay }) => sum + delay, 0) / series.length,
})

describe('in a series of runs', () => {
  const SEEDS = [1, 2, 3].map(seeded)
  const between =
    (least: number, most: number): Lengths =>
    (random) =>
      least + (most - least) * random()
  const ten = between(480, 720)
  const five = between(240, 360)
  const [short, long] = [between(50, 70), between(800, 1_000)]
  const either: Lengths = (random) => (random() < 0.5 ? short(random) : long(random))
  const median = (durations: Durations | undefined): number => (durations && quantileOf(durations, 0.5)) ?? 0

  test('of ten minutes, none of which is known, each has at most 14 looks, and its end is seen within 10 %', () => {
    const first = SEEDS.map((random) => liveThrough(undefined, { runs: 200, secondsOf: ten, random, learns: false }))
    expect(meanOf(first).looks).toBeLessThanOrEqual(14)
    expect(meanOf(first).delay).toBeLessThanOrEqual(0.1)
  })

  test('of ten minutes, learnt from their own looks, each has at most 8 looks, and its end is seen within 5 %', () => {
    const later = SEEDS.map((random) => {
      const { durations } = liveThrough(undefined, { runs: 60, secondsOf: ten, random })
      return liveThrough(durations, { runs: 300, secondsOf: ten, random })
    })
    expect(meanOf(later).looks).toBeLessThanOrEqual(8)
    expect(meanOf(later).delay).toBeLessThanOrEqual(0.05)
  })

  test.for(SEEDS)('of ten minutes, the learnt length does not drift later in 2,000 of them', (random) => {
    const { durations: young } = liveThrough(undefined, { runs: 100, secondsOf: ten, random })
    const { durations: old } = liveThrough(young, { runs: 2_000, secondsOf: ten, random })
    expect(median(old)).toBeGreaterThan(570)
    expect(median(old)).toBeLessThan(640)
    const { looks, delay } = liveThrough(old, { runs: 300, secondsOf: ten, random })
    expect(looks).toBeLessThanOrEqual(8)
    expect(delay).toBeLessThanOrEqual(0.055)
  })

  test.for(SEEDS)('of ten minutes, then of five, the change is learnt within some 80 runs', (random) => {
    const { durations: before } = liveThrough(undefined, { runs: 200, secondsOf: ten, random })
    const { durations: after } = liveThrough(before, { runs: 80, secondsOf: five, random })
    expect(median(before)).toBeGreaterThan(570)
    expect(median(after)).toBeLessThan(360)
    expect(liveThrough(after, { runs: 100, secondsOf: five, random }).delay).toBeLessThanOrEqual(0.09)
  })

  test('of one minute or of fifteen, both ends are seen soon', () => {
    const learnt = SEEDS.map((random) => {
      const { durations } = liveThrough(undefined, { runs: 100, secondsOf: either, random })
      return { durations, random }
    })
    const [shorts, longs] = [short, long].map((secondsOf) =>
      meanOf(
        learnt.map(({ durations, random }) => liveThrough(durations, { runs: 100, secondsOf, random, learns: false })),
      ),
    )
    expect(shorts?.looks).toBeLessThanOrEqual(4)
    expect(shorts?.delay).toBeLessThanOrEqual(0.12)
    expect(longs?.looks).toBeLessThanOrEqual(11)
    expect(longs?.delay).toBeLessThanOrEqual(0.05)
  })
})
