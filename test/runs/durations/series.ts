import { type Durations, type Span, withRun } from '../../../lib/runs/durations/durations.ts'
import { nextPollAt } from '../../../lib/runs/durations/next-poll.ts'

/** Runs of one kind, one after the other, each looked at as the ones before have taught. */

/** As those of DCS: 40 minutes (seconds). */
export const LONGEST = 2_400

const ENDED_AT = '2026-01-01T00:00:00.000Z'

export const learnt = (durations: Durations | undefined, span: Span, counted = 1): Durations =>
  withRun(durations, { key: 'dcs.instance.swap', at: ENDED_AT, span, counted })

interface Lived {
  looks: number
  /** By which share of its length its end was seen late. */
  delay: number
  span: Span
}

/** One run of so many seconds, until its end is seen. Looks are spread as `pace.ts` spreads them. */
function live(durations: Durations | undefined, seconds: number, random: () => number): Lived {
  let [from, until, looks] = [0, 0, 0]
  for (; until < seconds; looks++) {
    from = until
    until += Math.ceil((nextPollAt(durations, from, LONGEST) - from) * (0.95 + 0.1 * random()))
  }
  return { looks, delay: (until - seconds) / seconds, span: { from, until } }
}

export interface Series {
  durations: Durations | undefined
  /** Of one run, on average. */
  looks: number
  delay: number
}

/** @param random uniform in [0, 1). @returns the length of one run (seconds) */
export type Lengths = (random: () => number) => number

interface Order {
  runs: number
  secondsOf: Lengths
  random: () => number
  learns?: boolean
}

export function liveThrough(before: Durations | undefined, { runs, secondsOf, random, learns = true }: Order): Series {
  let [durations, looks, delay] = [before, 0, 0]
  for (let run = 0; run < runs; run++) {
    const lived = live(durations, secondsOf(random), random)
    looks += lived.looks / runs
    delay += lived.delay / runs
    if (learns) durations = learnt(durations, lived.span)
  }
  return { durations, looks, delay }
}
