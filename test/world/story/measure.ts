import { WORST } from '../engine/faults.ts'
import type { Subject } from './simulate.ts'
import { type Requests, type Story, tell } from './story.ts'

/** What the engine costs and promises, measured in worlds of their own. */
export interface Measured {
  runs: number
  /** Mean requests a run where nothing goes wrong. */
  perRun: Requests
  /** The longest that a run whose message was lost waited, from the time that was planned to its re-arm (ms). */
  longestRearmMs: number
  /** Table round trips, one after the other: of a submission up to its call, and of a step that leads to another. */
  beforeCall: RoundTrips
  perStep: RoundTrips
}

interface RoundTrips {
  reads: number
  writes: number
}

const WORLDS = 5

export async function measure(seed: number, subject: Subject): Promise<Measured> {
  const quiet: Story[] = []
  // The sweeper comes every minute; nothing but messages gets lost.
  const faultsOff = new Set(Object.keys(WORST).filter((kind) => kind !== 'message lost' && kind !== 'queue purged'))
  let longestRearmMs = 0
  for (let number = 0; number < WORLDS; number++) {
    quiet.push(await tell(seed + number, subject, { home: 'aws', theme: 'nothing', plain: true, log: true }))
    const lossy = await tell(seed + number, subject, { home: 'aws', harm: 1, theme: 'messages', faultsOff })
    longestRearmMs = Math.max(longestRearmMs, lossy.longestRearmMs)
  }
  const runs = quiet.reduce((sum, story) => sum + story.runs, 0)
  const names = Object.keys(quiet[0]?.requests ?? {}) as (keyof Requests)[]
  const total = (name: keyof Requests): number => quiet.reduce((sum, { requests }) => sum + requests[name], 0)
  const perRun = Object.fromEntries(names.map((name) => [name, total(name) / runs])) as Requests // all of its names
  const workers = quiet.flatMap((story) => [...Map.groupBy(story.lines, whoOf).values()])
  const texts = workers.map((lines) => lines.map(({ text }) => text))
  const submissions = texts.filter(
    (lines) => has(lines, /submit-run#/) && lines.filter((line) => CALL.test(line)).length === 1,
  )
  const steps = texts.filter(
    (lines) => has(lines, /poll-run#/) && lines.filter((line) => SENDS.test(line)).length === 1,
  )
  return {
    runs,
    perRun,
    longestRearmMs,
    beforeCall: fewest(
      submissions.map((lines) =>
        countOf(
          lines.slice(
            0,
            lines.findIndex((line) => CALL.test(line)),
          ),
        ),
      ),
    ),
    perStep: fewest(steps.map(countOf)),
  }
}

/** Seconds, then who, then what. */
const CALL =
  /asks (dcs|emr)\.(instance|node|shard|service|monitor)\.(restart|soft-restart|flush|stop|start|swap|failover)$/
const SENDS = /sends .*PollsQueue/

function whoOf({ text }: { text: string }): string {
  return text.split(/\s+/)[1] ?? ''
}

function has(lines: string[], what: RegExp): boolean {
  return lines.some((line) => what.test(line))
}

function countOf(lines: string[]): RoundTrips {
  const count = (what: RegExp): number => lines.filter((line) => what.test(line)).length
  return { reads: count(/ reads /), writes: count(/ (writes|deletes) (run_|lease:)/) }
}

/** A batch does several at once: the fewest is one by itself. */
function fewest(all: RoundTrips[]): RoundTrips {
  return all.reduce((least, one) => (one.reads + one.writes < least.reads + least.writes ? one : least), {
    reads: Number.POSITIVE_INFINITY,
    writes: Number.POSITIVE_INFINITY,
  })
}
