import { type Scope, scope, world } from '../current.ts'
import { contextOf, createWorker, type Ended, type Handler, type Lambda, withScopes } from '../lambda.ts'
import { note } from '../request.ts'
import type { FunctionSettings } from '../template.ts'
import { freeze, isSpared, type Life, whenAlive } from './life.ts'

/**
 * Runs the handlers, all in the one process: they go on until they end, or the process does. Whoever asks while it is gone is
 * not heard.
 * @param die ends the process
 */
export function createProcess(
  settings: ReadonlyMap<string, FunctionSettings>,
  handlers: ReadonlyMap<string, Handler>,
  now: { life: () => Life | undefined; die: (why: string) => void },
): Lambda {
  const process: Lambda = {
    invocations: 0,
    invoke: (name, event, { runs = [], about }, onEnd) => {
      const [handler, setting, life] = [handlers.get(name), settings.get(name), now.life()]
      if (!handler || !setting) throw new Error(`there is no function ${name}`)
      const { clock, faults } = world()
      const number = ++process.invocations
      const worker = createWorker({ name, number, runs, concern: about ?? name })
      if (!life || life.isOver) {
        clock.after(1, () => onEnd({ failed: 'nobody is there' }, worker))
        return
      }
      const { skewMs, isNext, frozenUntil } = life
      Object.assign(worker, { skewMs, isNext, frozenUntil, die: now.die, isSpared: () => isSpared(life) })
      worker.freeze = (until) => freeze(life, until)
      if (Math.abs(skewMs) > OFF_MS) faults.share('host clock is minutes off', worker)
      const end = (ended: Ended): void => {
        if (life.workers.delete(worker)) onEnd(ended, worker)
      }
      life.workers.set(worker, (why) => end({ failed: why }))
      const endsAt = clock.now() + setting.timeoutMs
      const context = contextOf(worker, number, () => endsAt - clock.now())
      const store: Scope = { worker, concern: worker.concern }
      const begin = (): void => void scope.run(store, () => run(handler, withScopes(event, store, []), context, end))
      whenAlive(life, begin)
    },
  }
  return process
}

/** A clock is off by more than that where it is off by minutes. */
const OFF_MS = 1_500

async function run(handler: Handler, event: object, context: object, end: (ended: Ended) => void): Promise<void> {
  try {
    const response = await handler(event, context)
    end({ response })
  } catch (error) {
    note(`fails: ${error}`)
    end({ failed: String(error) })
  }
}
