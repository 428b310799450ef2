import { START } from '../engine/globals.ts'
import type { Sim } from '../engine/sim.ts'
import { type Crowd, type Followed, liveThrough } from './crowd.ts'
import { type Gauge, pollMappings } from './gauge.ts'
import { quantile } from './quantile.ts'
import type { Subject } from './simulate.ts'

const MINUTE_MS = 60_000

/** A thousand restarts of 10 to 30 min, started within two. */
const FLEET = {
  runs: 1_000,
  withinMs: 2 * MINUTE_MS,
  workMs: [10 * MINUTE_MS, 30 * MINUTE_MS],
  theme: 'nothing',
  harm: 0,
} as const

const DCS = 'dcs.instance.restart'
const EMR = 'emr.service.restart'

/** What is special about a fleet. It begins with the fifth minute: by then, every run has been sent where calls are fast. */
export type FleetCase = 'plain' | 'backlog' | 'half EMR' | 'half EMR, DCS hangs'

const FROM_MS = 5 * MINUTE_MS
/** Nobody reads the queue of polls for so long. */
const BACKLOG_MS = 10 * MINUTE_MS
const HANG_MS = 15 * MINUTE_MS

/** Looks and messages are counted in these minutes: after the backlog, while most of the fleet is at work. */
const WINDOW_MS = [15 * MINUTE_MS, 25 * MINUTE_MS] as const

/** How often the queue is counted. */
const SAMPLE_MS = 1_000

export interface FleetCell {
  seed: number
  what: FleetCase
  latencyMs: number
}

/** How a fleet fares. */
export interface FleetMeasured {
  looksAMinute: number
  readsAMinute: number
  messagesALook: number
  /** Operation -> its detection delay (ms), and how many ends were told. */
  delays: Record<string, { p50Ms: number; p95Ms: number; runs: number; told: number }>
  /** The most messages of one run that were in the queue at once, hidden ones included. */
  mostOfOneRun: number
}

export async function measureFleet({ seed, what, latencyMs }: FleetCell, subject: Subject): Promise<FleetMeasured> {
  const hang = { provider: 'huawei' as const, fromMs: FROM_MS, toMs: FROM_MS + HANG_MS }
  const crowd: Crowd = {
    ...FLEET,
    seed,
    latencyMs,
    operations: what.startsWith('half EMR') ? [DCS, EMR] : [DCS],
    ...(what === 'half EMR, DCS hangs' ? { hang } : {}),
  }
  let gauge: Gauge | undefined
  let mostOfOneRun = 0
  // Their concurrency changes while readers pause, so the mappings are the world's own.
  const mappings = subject.template.mappings.map((mapping) => ({ ...mapping }))
  const queueNames = pollMappings(mappings).map(({ queue }) => queue)
  const own = { ...subject, template: { ...subject.template, mappings } }
  const runs = await liveThrough(crowd, own, (sim, counted) => {
    gauge = counted
    if (what === 'backlog') pauseReaders(sim, own)
    everySample(sim, () => {
      mostOfOneRun = Math.max(mostOfOneRun, mostOfOne(sim, queueNames))
    })
  })
  const inWindow = (times: readonly number[] = []): number =>
    times.filter((at) => at - START >= WINDOW_MS[0] && at - START < WINDOW_MS[1]).length
  const looks = inWindow(gauge?.lookedAt)
  return {
    looksAMinute: looks / ((WINDOW_MS[1] - WINDOW_MS[0]) / MINUTE_MS),
    readsAMinute: inWindow(gauge?.readAt) / ((WINDOW_MS[1] - WINDOW_MS[0]) / MINUTE_MS),
    messagesALook: inWindow(gauge?.receivedAt) / looks,
    delays: delaysOf(runs),
    mostOfOneRun,
  }
}

/** Nobody reads any queue of polls for a while. */
function pauseReaders({ clock, queues }: Sim, { template }: Subject): void {
  for (const mapping of pollMappings(template.mappings)) {
    const { concurrency } = mapping
    clock.at(START + FROM_MS, () => {
      mapping.concurrency = 0
    })
    clock.at(START + FROM_MS + BACKLOG_MS, () => {
      mapping.concurrency = concurrency
      queues.all.get(mapping.queue)?.onVisible(clock.now())
    })
  }
}

function everySample({ clock }: Sim, sample: () => void): void {
  const tick = (): void => {
    sample()
    clock.after(SAMPLE_MS, tick)
  }
  clock.after(SAMPLE_MS, tick)
}

function mostOfOne({ queues }: Sim, names: readonly string[]): number {
  const counts = new Map<string | undefined, number>()
  for (const name of names) {
    for (const { runIds } of queues.all.get(name)?.letters ?? [])
      counts.set(runIds[0], (counts.get(runIds[0]) ?? 0) + 1)
  }
  return Math.max(0, ...counts.values())
}

function delaysOf(runs: readonly Followed[]): FleetMeasured['delays'] {
  const groups = [...Map.groupBy(runs, ({ operation }) => operation)].sort(([a], [b]) => (a < b ? -1 : 1))
  const measured = groups.map(([operation, own]): [string, FleetMeasured['delays'][string]] => {
    const known = own.flatMap(({ delayMs }) => delayMs ?? [])
    const at = (share: number): number => quantile(known, share) ?? Number.NaN
    return [operation, { p50Ms: at(0.5), p95Ms: at(0.95), runs: own.length, told: known.length }]
  })
  return Object.fromEntries(measured)
}
