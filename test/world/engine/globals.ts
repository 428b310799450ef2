import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers'
import { type Appointment, cancel } from './clock.ts'
import { concernNow, isAlive, scope, whenAwake, world } from './current.ts'

/** What `now` is while no world lives, e.g. when modules are loaded. */
export const START = Date.parse('2026-01-01T00:00:00Z')

/**
 * Replaces, for all code of this thread, everything by which time and chance come in: from here on both are the world's.
 * Before any module under test is loaded, for some keep a reference. `new Date()` without arguments is not replaced: the
 * code under test does not use it.
 */
export function installGlobals(): void {
  Date.now = () => {
    if (!isAlive()) return START
    const { clock, aheadMs } = world()
    return clock.now() + aheadMs() + (scope.getStore()?.worker.skewMs ?? 0)
  }
  Math.random = () => world().chance('handlers', concernNow())
  const uuid = (): ReturnType<typeof crypto.randomUUID> => {
    const number = world().nextId().toString(16).padStart(12, '0')
    return `00000000-0000-4000-8000-${number}`
  }
  crypto.randomUUID = uuid
  const replaced = { setTimeout: later, clearTimeout: notLater, setImmediate: soon }
  // Only what a callback and a number make: nothing under test uses more.
  Object.assign(timers, replaced)
  Object.assign(globalThis, replaced)
  syncBuiltinESMExports()
}

function later(run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): Appointment {
  const worker = scope.getStore()?.worker
  const call = (): void => run(...args)
  return world().clock.after(Math.max(1, ms), worker ? () => whenAwake(worker, call) : call)
}

/** When whatever goes on now has come to rest, in the same instant. */
function soon(run: (...args: unknown[]) => void, ...args: unknown[]): Appointment {
  const worker = scope.getStore()?.worker
  const call = (): void => run(...args)
  return world().clock.after(0, worker ? () => whenAwake(worker, call) : call)
}

function notLater(appointment: Appointment | undefined): void {
  if (appointment) cancel(appointment)
}
