import type { Chance } from '../engine/chance.ts'
import { streamOf, whole } from '../engine/chance.ts'
import type { Clock } from '../engine/clock.ts'
import type { Faults } from '../engine/faults.ts'
import { START } from '../engine/globals.ts'
import { createHangs, HANGS_OF_MACHINE } from '../engine/hangs.ts'
import { createLambda } from '../engine/lambda.ts'
import { createMachine } from '../engine/machine/machine.ts'
import { startMapping } from '../engine/mappings.ts'
import { createQueues } from '../engine/queues.ts'
import type { Sim } from '../engine/sim.ts'
import { createTable } from '../engine/table.ts'
import type { Template } from '../engine/template.ts'
import type { Witness } from '../engine/witness.ts'
import type { Nature } from './nature.ts'
import type { Subject } from './simulate.ts'

/** What a world has of its own in each home. */
type Home = Pick<Sim, 'hangs' | 'table' | 'queues' | 'lambda' | 'machine'>

interface Plan {
  seed: number
  nature: Nature
  subject: Subject
  faults: Faults
  clock: Clock
  chance: Chance
  witness: Witness
}

/** An entry of an index may be missing, or of before, for so long; not longer than there is trouble. */
const STALE_MS = 10 * 60_000

export function homeFor(plan: Plan): Home {
  return plan.nature.home === 'sqlite' ? onMachine(plan) : onAws(plan)
}

function onMachine({ seed, nature, subject: { template }, faults }: Plan): Home {
  const machine = createMachine({ template, troubleMs: nature.troubleMs })
  const { table, queues, lambda } = machine
  return { hangs: createHangs(seed, nature.troubleMs, faults, HANGS_OF_MACHINE), table, queues, lambda, machine }
}

function onAws({ seed, nature, subject: { template, handlers }, faults, clock, chance, witness }: Plan): Home {
  const lagMs = (id: string): number => Math.floor(chance('lag', id) * nature.lagMs)
  const stall = createStall(seed, nature.troubleMs, faults)
  const staleMs = (id: string): number => {
    const endsInMs = Math.max(0, START + nature.troubleMs - clock.now())
    const stalledMs = stall.from <= clock.now() ? Math.max(0, stall.until - clock.now()) : 0
    if (stalledMs > 0) faults.meet('whole index stale', [id])
    if (!faults.happens('index entry stale', id)) return stalledMs
    return Math.max(stalledMs, Math.min(Math.floor(faults.measure(id) * STALE_MS), endsInMs))
  }
  const isMissing = (id: string): boolean => faults.happens('index entry missing', id)
  return {
    hangs: createHangs(seed, nature.troubleMs, faults),
    table: createTable(template.indexes, { lagMs, staleMs, isMissing }, (before, after, by) =>
      witness.written(before, after, by),
    ),
    queues: createQueues(template.queues),
    lambda: createLambda(template.functions, handlers),
    machine: undefined,
  }
}

/** In a share of worlds the indexes take nothing for some minutes, once. */
function createStall(seed: number, troubleMs: number, faults: Faults): { from: number; until: number } {
  const random = streamOf(seed, 'whole index stale')
  const happens = random() < faults.rateOf('whole index stale')
  const [ms, share] = [whole(STALE_MS, random), random()]
  const from = START + Math.floor(share * (troubleMs - ms))
  return happens ? { from, until: from + ms } : { from, until: from }
}

/** From here on the queues are read, and the sweeper comes. @param pollersMs how often pollers look (ms) */
export function startAws(sim: Sim, template: Template, pollersMs: number): void {
  for (const mapping of template.mappings) {
    const queue = sim.queues.all.get(mapping.queue)
    const mayLoop = template.functions.get(mapping.function)?.mayLoop ?? false
    if (queue) startMapping(mapping, queue, pollersMs, mayLoop)
  }
  startSweeping(sim, template)
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
