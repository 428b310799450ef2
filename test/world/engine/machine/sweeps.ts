import { world } from '../current.ts'
import { note } from '../request.ts'
import type { FunctionSettings } from '../template.ts'
import { type Life, MACHINE, nowOf, type Opened, whenAlive } from './life.ts'

/** What has a schedule is done at the start, and each minute: never twice at once. What has expired goes at the start, and each hour. */
export function startSweeps(functions: ReadonlyMap<string, FunctionSettings>, life: Life, opened: Opened): void {
  for (const [name, { everyMs }] of functions) if (everyMs !== undefined) startSweep(name, everyMs, life, opened)
}

/** In minutes. */
const EXPIRES_EVERY = 60

function startSweep(name: string, everyMs: number, life: Life, { queue, expire }: Opened): void {
  let [isSweeping, ticks] = [false, 0]
  const sweep = (): void => {
    if (isSweeping) return
    isSweeping = true
    const begunAt = world().clock.now()
    world().lambda.invoke(name, {}, {}, (_, worker) => {
      isSweeping = false
      world().witness.swept(worker, begunAt)
    })
  }
  const tick = (): void => {
    const { clock, faults } = world()
    clock.after(everyMs, () => whenAlive(life, tick))
    sweep()
    for (const to of ['submissions', 'polls'] as const) {
      const isOld = faults.happens('message of another release', MACHINE)
      const body = JSON.stringify({ v: 99, runId: 'of another release' })
      if (isOld) void queue.sendBack(to, body).catch(() => {})
    }
    if (ticks++ % EXPIRES_EVERY === 0) expireSome()
  }
  const expireSome = (): void => {
    try {
      expire(nowOf(life))
    } catch (error) {
      note(`cannot delete what has expired: ${error}`)
    }
  }
  tick()
}
