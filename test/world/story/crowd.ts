import type { ProviderName } from '../../../lib/cloud/service.ts'
import { streamOf, whole } from '../engine/chance.ts'
import type { Theme } from '../engine/faults.ts'
import { START } from '../engine/globals.ts'
import type { Sim } from '../engine/sim.ts'
import { createDoors } from './doors.ts'
import { createGauge, type Gauge } from './gauge.ts'
import { natureOf } from './nature.ts'
import { createWorld, leaveWorld, type Subject } from './simulate.ts'
import { runsOf } from './verdict.ts'
import { dcsId, emrId, type Wish, wishFor } from './wishes.ts'

/** Many runs in one world, each on a target of its own. */
export interface Crowd {
  seed: number
  runs: number
  /** The runs take these in turn. */
  operations: readonly string[]
  /** They are asked for at random times within so many ms. */
  withinMs: number
  /** The shortest work and the longest (ms); all lengths between are as likely. */
  workMs: readonly [number, number]
  /** How long each call of a cloud takes (ms). */
  latencyMs: number
  theme: Theme
  harm: number
  /** No call of this cloud is answered, from and until these times (ms since the start). */
  hang?: { provider: ProviderName; fromMs: number; toMs: number }
}

/** What became of one run whose work began. */
export interface Followed {
  operation: string
  /** From the true end of the work to the write of the run's end (ms). Undefined: no success or failure was told. */
  delayMs: number | undefined
  /** Reads of the cloud by its polls. */
  reads: number
}

/** The queues are read at once, as by Lambda's long polling, and indexes lag little. */
const PROMPT = { pollersMs: 20, lagMs: 200 }

/** The longest deadline of the operations asked for is an hour; nobody waits for longer than three. */
const MAX_MS = 3 * 3_600_000

/** Lives through the world of a crowd, until all runs have ended. @param watch sees the world before anything happens in it */
export async function liveThrough(
  crowd: Crowd,
  subject: Subject,
  watch: (sim: Sim, gauge: Gauge) => void = () => {},
): Promise<Followed[]> {
  const { seed, theme, harm, hang, latencyMs, workMs } = crowd
  const isHung = (provider: ProviderName): boolean => {
    const elapsedMs = sim.clock.now() - START
    return hang?.provider === provider && elapsedMs >= hang.fromMs && elapsedMs < hang.toMs
  }
  const conditions = {
    latencyMs: (provider: ProviderName) => (isHung(provider) ? undefined : latencyMs),
    workMs: (random: () => number) => workMs[0] + whole(workMs[1] - workMs[0] + 1, random),
  }
  const nature = { ...natureOf(seed, { home: 'aws', theme, harm }), ...PROMPT }
  const sim = createWorld(seed, nature, subject, { theme, harm, conditions })
  const { clock, witness } = sim
  try {
    const gauge = createGauge(sim, subject.template.mappings)
    const doors = createDoors(subject.template.functions.get('receive-alarm')?.failureQueue)
    for (const wish of wishesFor(crowd)) clock.at(wish.at, () => doors.send(wish))
    watch(sim, gauge)
    await clock.run(START + MAX_MS, () => witness.endedAt.size >= crowd.runs)
    return followedIn(sim, witness.endedAt, gauge)
  } finally {
    leaveWorld(sim)
  }
}

function wishesFor({ seed, runs, operations, withinMs }: Crowd): Wish[] {
  const random = streamOf(seed, 'wishes')
  return Array.from({ length: runs }, (_, number) => {
    const operation = operations[number % operations.length] ?? ''
    const target = operation.startsWith('dcs') ? { instanceId: dcsId(number) } : { clusterId: emrId(number) }
    const how = { door: 'api' as const, collision: undefined, cancelAfterMs: undefined, key: `crowd-${number}` }
    return { number, at: START + whole(withinMs, random), operation, ...how, ...wishFor(operation, [target]) }
  })
}

/** Only of runs whose work began: nothing else has an end to be seen. */
function followedIn(sim: Sim, endedAt: ReadonlyMap<string, number>, { readsOf }: Gauge): Followed[] {
  const states = new Map(runsOf(sim).map(({ id, state }) => [id, state]))
  return sim.cloud.truth.sent.flatMap(({ runId, operation, work }) => {
    if (!work) return []
    const isTold = ['succeeded', 'failed'].includes(states.get(runId) ?? '')
    const delayMs = (endedAt.get(runId) ?? 0) - work.until
    return { operation, delayMs: isTold && delayMs >= 0 ? delayMs : undefined, reads: readsOf.get(runId) ?? 0 }
  })
}
