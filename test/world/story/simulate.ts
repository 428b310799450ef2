import { createChance, pick, streamOf, whole } from '../engine/chance.ts'
import { createClock } from '../engine/clock.ts'
import { createCloud } from '../engine/cloud.ts'
import { type Conditions, USUAL } from '../engine/conditions.ts'
import { concernNow, enter } from '../engine/current.ts'
import { createFaults, type Theme } from '../engine/faults.ts'
import { START } from '../engine/globals.ts'
import { createHangs, createStep } from '../engine/hangs.ts'
import { createLambda, type Handler } from '../engine/lambda.ts'
import { createLog } from '../engine/log.ts'
import { startMapping } from '../engine/mappings.ts'
import { createQueues } from '../engine/queues.ts'
import type { Sim } from '../engine/sim.ts'
import { createTable } from '../engine/table.ts'
import type { Template } from '../engine/template.ts'
import { createTopic } from '../engine/topic.ts'
import { createTruth } from '../engine/truth.ts'
import type { SceneName } from './scenes.ts'
import { createWitness, type Seen } from './witness.ts'

/** The code under test, and what it is deployed with. */
export interface Subject {
  template: Template
  handlers: ReadonlyMap<string, Handler>
}

/** What kind of world it is, where the seed alone does not say. */
export interface Kind {
  /** Instead of what the seed says. */
  harm?: number | undefined
  /** An operation that is asked for again and again. */
  favoured?: string | undefined
  /** So many requests, all for one instance and one cluster, and worse things happen. */
  contention?: number | undefined
  /** Scenes that are played whatever the seed says. */
  scenes?: readonly SceneName[] | undefined
  theme?: Theme | undefined
  /** No scenes are played, and nobody comes afterwards. */
  plain?: boolean | undefined
}

export interface Options extends Kind {
  /** Kinds of faults that do not happen. */
  faultsOff?: ReadonlySet<string>
  /** Numbers of wishes that are not made. */
  wishesOff?: ReadonlySet<number>
  /** Keeps the log: for those who will read it. */
  log?: boolean
  conditions?: Conditions
}

/** How one world is, apart from what goes wrong in it. */
export interface Nature {
  harm: number
  theme: Theme
  /** For how long things go wrong (ms). */
  troubleMs: number
  /** How far indexes and careless reads are behind, at most (ms). */
  lagMs: number
  /** Whether DCS lists tasks of which that is not documented. */
  listsTasks: boolean
  /** How often pollers look (ms). */
  pollersMs: number
}

export function natureOf(seed: number, { harm, theme }: Kind = {}): Nature {
  const random = streamOf(seed, 'nature')
  const own = { harm: 0.1 + 0.9 * random(), theme: pick(THEMES, random) }
  return {
    harm: harm ?? own.harm,
    theme: theme ?? own.theme,
    listsTasks: random() < 0.5,
    troubleMs: (15 + whole(45, random)) * 60_000,
    lagMs: random() < 0.3 ? whole(20_000, random) : whole(200, random),
    pollersMs: 1 + whole(random() < 0.5 ? 20 : 3_000, random),
  }
}

/** Mostly everything goes wrong; what must not need one safety net is seen where the others have nothing to do. */
const THEMES: readonly Theme[] = ['all', 'all', 'all', 'all', 'all', 'all', 'all', 'cloud', 'messages', 'nothing']

/** An entry of an index may be missing, or of before, for so long; not longer than there is trouble. */
const STALE_MS = 10 * 60_000

/** A world with nobody in it yet. It lives until {@link leave}. */
export function createWorld(seed: number, nature: Nature, subject: Subject, options: Options): Sim & { witness: Seen } {
  const { template, handlers } = subject
  const clock = createClock(START)
  const chance = createChance(seed)
  const lagMs = (id: string): number => Math.floor(chance('lag', id) * nature.lagMs)
  const witness = createWitness()
  const faults = createFaults(seed, nature.harm, nature.theme, options.faultsOff ?? new Set(), chance)
  const step = createStep(seed, nature.troubleMs, faults)
  const staleMs = (id: string): number => {
    if (!faults.happens('index entry stale', id)) return 0
    const endsInMs = START + nature.troubleMs - clock.now()
    return Math.min(Math.floor(faults.measure(id) * STALE_MS), Math.max(0, endsInMs))
  }
  let ids = 0
  const sim = {
    clock,
    chance,
    nextId: () => ids++,
    travelMs: () => 1 + Math.floor(chance('travel', concernNow()) * 15),
    conditions: options.conditions ?? USUAL,
    aheadMs: () => (clock.now() < step.at ? step.ms : 0),
    stepsBack: (from: number, until: number) => step.ms > 0 && step.at > from && step.at < until,
    faults,
    hangs: createHangs(seed, nature.troubleMs, faults),
    table: createTable(template.indexes, { lagMs, staleMs }, (before, after, by) => witness.written(before, after, by)),
    queues: createQueues(template.queues),
    topic: createTopic(),
    cloud: createCloud(createTruth(clock.now, nature.listsTasks)),
    lambda: createLambda(template.functions, handlers),
    breakers: new Map(),
    witness,
    log: options.log ? createLog() : undefined,
  }
  enter(sim)
  if (step.ms > 0) clock.at(step.at, () => faults.meet('clocks step back', ['the world']))
  for (const mapping of template.mappings) {
    const queue = sim.queues.all.get(mapping.queue)
    const mayLoop = template.functions.get(mapping.function)?.mayLoop ?? false
    if (queue) startMapping(mapping, queue, nature.pollersMs, mayLoop)
  }
  startSweeping(sim, template)
  return sim
}

/** Runs what has a schedule, every minute: now and then not for some minutes, or twice at once. */
function startSweeping({ clock, faults, lambda, queues, witness }: Sim, { functions }: Template): void {
  const sweep = (name: string): void => {
    const begunAt = clock.now()
    lambda.invoke(name, {}, {}, (_, worker) => witness.swept(worker, begunAt))
  }
  for (const [sweeper, { everyMs }] of functions) {
    if (everyMs === undefined) continue
    const tick = (): void => {
      const left = faults.happens('sweep left out') ? whole(4, () => faults.measure()) : 0
      clock.after(everyMs * (1 + left), tick)
      sweep(sweeper)
      if (faults.happens('sweep doubled')) sweep(sweeper)
      for (const queue of ['SubmissionsQueue', 'PollsQueue']) {
        if (faults.happens('message of another release'))
          queues.post(queue, JSON.stringify({ v: 99, runId: 'of another release' }))
      }
      // The dead letters are what nobody purges without having looked at them.
      for (const { name, settings } of queues.all.values()) {
        if (settings.redrive && faults.happens('queue purged')) queues.purge(name)
      }
    }
    clock.after(everyMs, tick)
  }
}
