import { type Durations, withRun } from '../../lib/runs/durations/durations.ts'
import { nextPollAt } from '../../lib/runs/durations/next-poll.ts'
import { seeded } from '../chance.ts'
import type { Measured, Ratio } from './measure.ts'

/** Seconds. Work that takes longer than the deadline hangs: nobody sees its end. */
const DEADLINE = 2400
const LEARNT_RUNS = 200
const RUNS = 1_000

/** As queues and functions wait, and as polls are spread. */
const SPREAD = 0.05

/** The age at which a schedule polls next. */
type Next = (age: number, polls: number) => number

interface Work {
  title: string
  /** Seconds. @param random uniform in [0, 1) */
  length(random: () => number): number
}

const between = (from: number, until: number, random: number): number => from + (until - from) * random

const WORKS = {
  short: { title: '16 to 24 s', length: (random) => between(16, 24, random()) },
  minute: { title: '48 to 72 s', length: (random) => between(48, 72, random()) },
  'ten minutes': { title: '8 to 12 min', length: (random) => between(480, 720, random()) },
  'half an hour': { title: '24 to 36 min', length: (random) => between(1440, 2160, random()) },
  bimodal: {
    title: 'half 48 to 72 s, half 12 to 18 min',
    length: (random) => (random() < 0.5 ? between(48, 72, random()) : between(720, 1080, random())),
  },
  hanging: {
    title: '8 to 12 min, one in twenty hangs',
    length: (random) => (random() < 0.05 ? Number.POSITIVE_INFINITY : between(480, 720, random())),
  },
} as const satisfies Record<string, Work>

const RIVALS: Readonly<Record<string, Next>> = {
  'every 30 s': (age) => age + 30,
  'every 60 s': (age) => age + 60,
  'doubling from 5 s to 120 s': (age, polls) => age + Math.min(120, 5 * 2 ** polls),
}

interface Outcome {
  polls: number
  /** Mean delay of those that ended, by their mean length. */
  delay: number
}

/**
 * Polls until each end is seen. What is learnt is learnt from what was seen, as in a run.
 * @param schedule undefined: ours with the durations of earlier runs
 */
function watch({ length }: Work, schedule: Next | undefined): Outcome {
  const random = seeded(1)
  let durations: Durations | undefined
  const sums = { polls: 0, delays: 0, lengths: 0 }
  for (let run = 0; run < LEARNT_RUNS + RUNS; run++) {
    const end = length(random)
    let [before, age, polls] = [0, 0, 0]
    while (age < Math.min(end, DEADLINE)) {
      before = age
      const next = schedule?.(age, polls) ?? nextPollAt(durations, age, DEADLINE)
      age += (next - age) * between(1 - SPREAD, 1 + SPREAD, random())
      polls++
    }
    const isSeen = age >= end
    if (isSeen) {
      const at = new Date(run * 1000).toISOString()
      durations = withRun(durations, { key: 'bench', at, span: { from: before, until: age }, counted: 1 })
    }
    if (run < LEARNT_RUNS) continue
    sums.polls += polls
    sums.delays += isSeen ? age - end : 0
    sums.lengths += isSeen ? end : 0
  }
  return { polls: sums.polls / RUNS, delay: sums.delays / sums.lengths }
}

const first: Next = (age) => nextPollAt(undefined, age, DEADLINE)

export async function schedule(): Promise<Measured> {
  const lines: string[] = []
  const ratios: Ratio[] = []
  for (const [name, work] of Object.entries(WORKS)) {
    const learnt = watch(work, undefined)
    const rivals = Object.entries({ 'ours, without history': first, ...RIVALS }).map(
      ([rival, next]) => [rival, watch(work, next)] as const,
    )
    lines.push(`work of ${work.title}`, lineOf('ours, with history', learnt))
    for (const [rival, outcome] of rivals) lines.push(lineOf(rival, outcome))
    ratios.push(...ratiosOf(name, learnt, new Map(rivals)))
  }
  return { heading: `schedule: polls a run and mean delay, of ${RUNS} runs after ${LEARNT_RUNS}`, lines, ratios }
}

function lineOf(name: string, { polls, delay }: Outcome): string {
  return `  ${name.padEnd(30)} ${polls.toFixed(1).padStart(6)} polls  ${(delay * 100).toFixed(1).padStart(6)} % of its length later`
}

/** Long work is to need half of the polls that a pace of 30 s does. That of ten minutes has bounds of its own. */
function ratiosOf(name: string, learnt: Outcome, rivals: ReadonlyMap<string, Outcome>): Ratio[] {
  const without = rivals.get('ours, without history')
  const fixed = rivals.get('every 30 s')
  if (!without || !fixed || name === 'short' || name === 'minute') return []
  const key = `schedule.${name.replaceAll(' ', '-')}`
  const polls = { ours: learnt.polls, theirs: fixed.polls, unit: 'polls', target: 0.5 }
  if (name !== 'ten minutes') return [{ name: `${key}.vs.30s`, ...polls }]
  return [
    { name: `${key}.vs.30s`, ...polls },
    { name: `${key}.polls`, ours: learnt.polls, theirs: 8, unit: 'polls', target: 1 },
    { name: `${key}.delay`, ours: learnt.delay * 100, theirs: 5, unit: '%', target: 1 },
    { name: `${key}.first.polls`, ours: without.polls, theirs: 14, unit: 'polls', target: 1 },
    { name: `${key}.first.delay`, ours: without.delay * 100, theirs: 10, unit: '%', target: 1 },
  ]
}
