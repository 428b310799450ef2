import { AsyncLocalStorage } from 'node:async_hooks'
import type { FaultKind } from './faults.ts'
import type { Sim } from './sim.ts'

/** One invocation of a function, in its sandbox. */
export interface Worker {
  /** E.g. `poll-run#12`. */
  name: string
  function: string
  /** The runs that its batch is about: what happens to one of them may cost the others, too. */
  runs: readonly string[]
  /** Whom it concerns, as far as that was known before it began. */
  concern: string
  /** Nothing that it would have done afterwards happens. */
  dead: boolean
  /** Until then it does not run, and does not notice: the clock has jumped when it goes on. */
  frozenUntil: number
  /** How far its host's clock is off. */
  skewMs: number
  /** It is of the next release, which knows more of a record than this one. */
  isNext: boolean
  /** Whether its sandbox has read the secret of the accounts; unknown until that matters. */
  hasSecret?: boolean
  /** What went wrong in it. */
  met: Set<FaultKind>
  /** Dies now: the invocation fails. On one machine, all that run there die with it. */
  die: (why: string) => void
  /** Does not run until then (epoch ms); on one machine, nobody does. */
  freeze: (until: number) => void
  /** It neither dies nor freezes now: its machine did so just before. */
  isSpared: () => boolean
}

/** On whose behalf code runs. */
export interface Scope {
  worker: Worker
  /** The run that it is about, as far as that is known: what chance decides is decided for it. */
  concern: string
  /** The message that is handled: set when the handler reads its body. */
  message?: { runIds: string[]; lineage: Lineage; body: string }
}

/** How often each function was run by the chain of messages that led here: what AWS counts to cut loops. */
export type Lineage = Readonly<Record<string, number>>

/** One for all worlds: each storage costs every await of the process. */
export const scope = new AsyncLocalStorage<Scope>()

let living: Sim | undefined

/** The world that lives now; the handlers, loaded once, act in it. */
export function world(): Sim {
  if (!living) throw new Error('no world lives now')
  return living
}

export function enter(sim: Sim | undefined): void {
  living = sim
}

export function isAlive(): boolean {
  return living !== undefined
}

/** Who acts. @throws {Error} outside of any invocation */
export function acting(): Scope {
  const store = scope.getStore()
  if (!store) throw new Error('a port is used outside of any invocation')
  return store
}

/** Whom it concerns, whatever happens now. */
export function concernNow(): string {
  return scope.getStore()?.concern ?? 'world'
}

/** Does it when the worker runs: at once, when it is thawed, or never. */
export function whenAwake(worker: Worker, run: () => void): void {
  if (worker.dead) return
  const { clock } = world()
  if (worker.frozenUntil > clock.now()) clock.at(worker.frozenUntil, () => whenAwake(worker, run))
  else run()
}
