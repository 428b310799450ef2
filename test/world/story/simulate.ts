import { createChance, pick, streamOf, whole } from '../engine/chance.ts'
import { createClock } from '../engine/clock.ts'
import { createCloud } from '../engine/cloud.ts'
import { concernNow, enter } from '../engine/current.ts'
import { createFaults, type Theme } from '../engine/faults.ts'
import { START } from '../engine/globals.ts'
import { createLambda, type Handler } from '../engine/lambda.ts'
import { createLog } from '../engine/log.ts'
import { startMapping } from '../engine/mappings.ts'
import { createQueues } from '../engine/queues.ts'
import type { Sim } from '../engine/sim.ts'
import { createTable } from '../engine/table.ts'
import type { Template } from '../engine/template.ts'
import { createTopic } from '../engine/topic.ts'
import { createTruth } from '../engine/truth.ts'
import { createWitness, type Seen } from './witness.ts'

/** The code under test, and what it is deployed with. */
export interface Subject {
  template: Template
  handlers: ReadonlyMap<string, Handler>
}

export interface Options {
  /** Kinds of faults that do not happen. */
  faultsOff?: ReadonlySet<string>
  /** Numbers of wishes that are not made. */
  wishesOff?: ReadonlySet<number>
  /** Keeps the log: for those who will read it. */
  log?: boolean
  /** Instead of what the seed says. */
  harm?: number
  /** An operation that is asked for again and again. */
  favoured?: string | undefined
  theme?: Theme
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

export function natureOf(seed: number, { harm, theme }: Options = {}): Nature {
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

/** A world with nobody in it yet. It lives until {@link leave}. */
export function createWorld(seed: number, nature: Nature, subject: Subject, options: Options): Sim & { witness: Seen } {
  const { template, handlers } = subject
  const clock = createClock(START)
  const chance = createChance(seed)
  const lagMs = (id: string): number => Math.floor(chance('lag', id) * nature.lagMs)
  const witness = createWitness()
  let ids = 0
  const sim = {
    clock,
    chance,
    nextId: () => ids++,
    travelMs: () => 1 + Math.floor(chance('travel', concernNow()) * 15),
    faults: createFaults(seed, nature.harm, nature.theme, options.faultsOff ?? new Set(), chance),
    table: createTable(template.indexes, lagMs, witness.written),
    queues: createQueues(template.queues),
    topic: createTopic(),
    cloud: createCloud(createTruth(clock.now, nature.listsTasks)),
    lambda: createLambda(template.functions, handlers),
    witness,
    log: options.log ? createLog() : undefined,
  }
  enter(sim)
  for (const mapping of template.mappings) {
    const queue = sim.queues.all.get(mapping.queue)
    const mayLoop = template.functions.get(mapping.function)?.mayLoop ?? false
    if (queue) startMapping(mapping, queue, nature.pollersMs, mayLoop)
  }
  startSweeping(sim, template)
  return sim
}

/** Runs what has a schedule, every minute: now and then not for some minutes, or twice at once. */
function startSweeping({ clock, faults, lambda, queues }: Sim, { functions }: Template): void {
  for (const [sweeper, { everyMs }] of functions) {
    if (everyMs === undefined) continue
    const tick = (): void => {
      const left = faults.happens('sweep left out') ? whole(4, () => faults.measure()) : 0
      clock.after(everyMs * (1 + left), tick)
      lambda.invoke(sweeper, {}, {}, () => {})
      if (faults.happens('sweep doubled')) lambda.invoke(sweeper, {}, {}, () => {})
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
