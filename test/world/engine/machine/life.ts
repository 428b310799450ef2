import type { Time } from '../../../../lib/local/time.ts'
import { whole } from '../chance.ts'
import { cancel } from '../clock.ts'
import { acting, type Scope, type Worker, whenAwake, world } from '../current.ts'
import { createWorker, skewMs } from '../lambda.ts'
import { note } from '../request.ts'

/** Whom chance concerns where it concerns the whole machine. */
export const MACHINE = 'the machine'

/** One life of the process, from a start to a death. All that run in it die with it. */
export interface Life {
  begunAt: number
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
  /** Ends it. */
  die: (why: string) => void
  /** By the clock of its host; waiting ends with the life. */
  time: Time
}

/** It is spared for so long after a start, in half of its lives, and after a freeze. */
const SPARED_MS = 3 * 60_000

export function beginLife(die: (why: string) => void): Life {
  const { faults, clock } = world()
  const random = (): number => faults.measure(MACHINE)
  const life: Life = {
    begunAt: clock.now(),
    isOver: false,
    frozenUntil: 0,
    sparedUntil: clock.now() + (random() < 0.5 ? 0 : whole(SPARED_MS, random)),
    skewMs: skewMs(MACHINE),
    isNext: faults.happens('worker of the next release', MACHINE),
    workers: new Map(),
    die,
    time: { clock: () => nowOf(life), sleep },
  }
  return life
}

/** By the clock of its host. */
function nowOf({ skewMs: off }: Life): number {
  const { clock, aheadMs } = world()
  return clock.now() + aheadMs() + off
}

/** Whoever sleeps wakes when his process runs, or never. */
function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const { worker } = acting()
  return new Promise((resolve) => {
    const wake = (): void => whenAwake(worker, resolve)
    if (signal?.aborted) return wake()
    const appointment = world().clock.after(Math.max(0, ms), wake)
    const end = (): void => {
      cancel(appointment)
      wake()
    }
    signal?.addEventListener('abort', end, { once: true })
  })
}

/** A clock is off by more than that where it is off by minutes. */
const OFF_MS = 1_500

/** Somebody who acts in a life, about some runs, from now until he is taken out of its workers. */
export function workerIn(life: Life, begun: Parameters<typeof createWorker>[0]): Worker {
  const { isNext, die } = life
  const own = { isNext, die, isSpared: () => isSpared(life), freeze: (until: number) => freeze(life, until) }
  const worker = Object.defineProperties(Object.assign(createWorker(begun), own), {
    dead: { get: () => life.isOver },
    frozenUntil: { get: () => life.frozenUntil },
    skewMs: { get: () => life.skewMs },
  })
  if (Math.abs(life.skewMs) > OFF_MS) world().faults.share('host clock is minutes off', worker)
  life.workers.set(worker, () => {})
  return worker
}

/** The process itself: what it does for nobody in particular. */
export function scopeOf(life: Life, name: string): Scope {
  return { worker: workerIn(life, { name, number: 0, runs: [], concern: MACHINE }), concern: MACHINE }
}

/** Nothing in it goes on until then. */
export function hold(life: Life, until: number): void {
  life.frozenUntil = Math.max(life.frozenUntil, until)
}

/** Does it when the process runs: at once, when it is thawed, or never. */
export function whenAlive(life: Life, run: () => void): void {
  if (life.isOver) return
  const { clock } = world()
  if (life.frozenUntil > clock.now()) clock.at(life.frozenUntil, () => whenAlive(life, run))
  else run()
}

/** Its host stops: so long that others would take it for dead. */
function freeze(life: Life, until: number): void {
  hold(life, until)
  life.sparedUntil = Math.max(life.sparedUntil, life.frozenUntil + SPARED_MS)
  world().hangs.add('queue', world().clock.now(), until)
}

export function isSpared({ isOver, sparedUntil }: Life): boolean {
  return isOver || world().clock.now() < sparedUntil
}

/** All that it had in hand is lost, and nothing of it goes on. */
export function endLife(life: Life, why: string): void {
  note(`the process ${why}`)
  life.isOver = true
  const { faults, breakers, logs } = world()
  for (const [worker, end] of life.workers) {
    faults.share('worker dies before a request', worker)
    end(why)
  }
  breakers.clear()
  logs.clear()
}
