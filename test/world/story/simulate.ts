import { createChance } from '../engine/chance.ts'
import { createClock } from '../engine/clock.ts'
import { createCloud } from '../engine/cloud.ts'
import { type Conditions, USUAL } from '../engine/conditions.ts'
import { concernNow, enter } from '../engine/current.ts'
import { createFaults } from '../engine/faults.ts'
import { START } from '../engine/globals.ts'
import { createStep } from '../engine/hangs.ts'
import type { Handler } from '../engine/lambda.ts'
import { createLog } from '../engine/log.ts'
import type { Service } from '../engine/request.ts'
import type { Sim } from '../engine/sim.ts'
import type { Template } from '../engine/template.ts'
import { createTopic } from '../engine/topic.ts'
import { createTruth } from '../engine/truth.ts'
import { homeFor, startAws } from './homes.ts'
import type { Kind, Nature } from './nature.ts'
import { createWitness, type Seen } from './witness.ts'

/** The code under test, and what it is deployed with. */
export interface Subject {
  template: Template
  handlers: ReadonlyMap<string, Handler>
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

/** A world with nobody in it yet. It lives until {@link leaveWorld}. */
export function createWorld(seed: number, nature: Nature, subject: Subject, options: Options): Sim & { witness: Seen } {
  const clock = createClock(START)
  const chance = createChance(seed)
  const witness = createWitness()
  const faults = createFaults(seed, nature.harm, nature.theme, options.faultsOff ?? new Set(), chance)
  const step = createStep(seed, nature.troubleMs, faults)
  const { conditions = USUAL } = options
  let ids = 0
  const sim = {
    ...homeFor({ seed, nature, subject, faults, clock, chance, witness }),
    clock,
    chance,
    nextId: () => ids++,
    travelMs: (to: Service | 'cloud') =>
      conditions.travelMs?.(to) ?? 1 + Math.floor(chance('travel', concernNow()) * 15),
    conditions,
    aheadMs: () => (clock.now() < step.at ? step.ms : 0),
    behindMs: Math.max(0, -step.ms),
    clocksStep: (from: number, until: number) => step.ms !== 0 && step.at > from && step.at < until,
    faults,
    topic: createTopic(),
    cloud: createCloud(createTruth(clock.now, nature.listsTasks)),
    breakers: new Map(),
    remembered: new Map(),
    logs: new Map(),
    witness,
    log: options.log ? createLog() : undefined,
  }
  enter(sim)
  const kind = step.ms > 0 ? 'clocks step back' : 'clocks step ahead'
  if (step.ms !== 0) clock.at(step.at, () => faults.meet(kind, ['the world']))
  if (sim.machine) sim.machine.start()
  else startAws(sim, subject.template, nature.pollersMs)
  return sim
}

/** Nobody lives in it any more. */
export function leaveWorld(sim: Sim): void {
  enter(undefined)
  sim.machine?.discard()
}
