import type { Database } from '../../../../lib/local/sqlite/database.ts'
import { expirer } from '../../../../lib/local/sqlite/expire.ts'
import { type LocalQueue, sqliteQueue } from '../../../../lib/local/sqlite/queue.ts'
import { sqliteStore } from '../../../../lib/local/sqlite/store.ts'
import type { Store } from '../../../../lib/runs/ports.ts'
import { whole } from '../chance.ts'
import { type Worker, world } from '../current.ts'
import { skewMs } from '../lambda.ts'
import { note } from '../request.ts'

/** One life of the process, from a start to a death. All that run in it die with it. */
export interface Life {
  isOver: boolean
  /** Until then nothing in it runs. */
  frozenUntil: number
  /** Until then it neither dies nor freezes: else one with much to do would do nothing else. */
  sparedUntil: number
  /** How far the clock of its host is off. */
  skewMs: number
  /** It is of the next release. */
  isNext: boolean
  /** What is being handled, and how to end that. */
  workers: Map<Worker, (why: string) => void>
  opened: Opened | undefined
}

/** The ports on the file. */
export interface Opened {
  store: Store
  queue: LocalQueue
  expire: (nowMs: number) => number
}

/** It is spared for so long after a start, in half of its lives, and after a freeze. */
const SPARED_MS = 3 * 60_000

export function beginLife(): Life {
  const { faults, clock } = world()
  const random = (): number => faults.measure(MACHINE)
  return {
    isOver: false,
    frozenUntil: 0,
    sparedUntil: clock.now() + (random() < 0.5 ? 0 : whole(SPARED_MS, random)),
    skewMs: skewMs(MACHINE),
    isNext: faults.happens('worker of the next release', MACHINE),
    workers: new Map(),
    opened: undefined,
  }
}

export function opened(database: Database, nowMs: () => number): Opened {
  return { store: sqliteStore(database), queue: sqliteQueue(database, nowMs), expire: expirer(database) }
}

/** By the clock of its host. */
export function nowOf({ skewMs: off }: Life): number {
  const { clock, aheadMs } = world()
  return clock.now() + aheadMs() + off
}

/** Nothing in it goes on until then. */
export function hold(life: Life, until: number): void {
  life.frozenUntil = Math.max(life.frozenUntil, until)
  for (const worker of life.workers.keys()) worker.frozenUntil = Math.max(worker.frozenUntil, until)
}

/** Its host stops: so long that others would take it for dead. */
export function freeze(life: Life, until: number): void {
  hold(life, until)
  life.sparedUntil = Math.max(life.sparedUntil, life.frozenUntil + SPARED_MS)
  world().hangs.add('queue', world().clock.now(), until)
}

export function isSpared({ isOver, sparedUntil }: Life): boolean {
  return isOver || world().clock.now() < sparedUntil
}

/** Does it when the process runs: at once, when it is thawed, or never. */
export function whenAlive(life: Life, run: () => void): void {
  if (life.isOver) return
  const { clock } = world()
  if (life.frozenUntil > clock.now()) clock.at(life.frozenUntil, () => whenAlive(life, run))
  else run()
}

/** All that it had in hand is lost, and nothing of it goes on. */
export function endLife(life: Life, why: string): void {
  note(`the process ${why}, with ${life.workers.size} in hand`)
  life.isOver = true
  const { faults, breakers, logs } = world()
  for (const [worker, end] of life.workers) {
    worker.dead = true
    faults.share('worker dies before a request', worker)
    end(why)
  }
  breakers.clear()
  logs.clear()
}

/** Whom chance concerns where it concerns the whole machine. */
export const MACHINE = 'the machine'
