import { type Scope, scope, world } from '../current.ts'
import { contextOf, createWorker, type Ended, type Lambda } from '../lambda.ts'
import { note } from '../request.ts'
import type { FunctionSettings } from '../template.ts'
import { type Life, whenAlive, workerIn } from './life.ts'
import type { Process } from './process.ts'

/**
 * What a process answers to whoever asks it: by the names of the functions on AWS, and with their time. It goes on until it is
 * answered, or the process dies. Whoever asks while it is gone is not heard.
 */
export function createListener(
  settings: ReadonlyMap<string, FunctionSettings>,
  listening: () => (Process & { life: Life }) | undefined,
): Lambda {
  const listener: Lambda = {
    invocations: 0,
    invoke: (name, event, { runs = [], subject }, onEnd) => {
      const { clock } = world()
      const number = ++listener.invocations
      const process = listening()
      const [handler, setting] = [process?.handlers.get(name), settings.get(name)]
      if (!setting) throw new Error(`there is no function ${name}`)
      if (!process || !handler) {
        const nobody = createWorker({ name, number, runs, concern: subject ?? name })
        clock.after(1, () => onEnd({ failed: 'nobody is there' }, nobody))
        return
      }
      const { life } = process
      const worker = workerIn(life, { name, number, runs, concern: subject ?? name })
      const end = (ended: Ended): void => {
        if (life.workers.delete(worker)) onEnd(ended, worker)
      }
      life.workers.set(worker, (why) => end({ failed: why }))
      const endsAt = clock.now() + setting.timeoutMs
      const context = contextOf(worker, number, () => endsAt - clock.now())
      const by: Scope = { worker, concern: worker.concern }
      const answer = async (): Promise<void> => {
        try {
          end({ response: await handler(event, context) })
        } catch (error) {
          note(`fails: ${error}`)
          end({ failed: String(error) })
        }
      }
      whenAlive(life, () => void scope.run(by, answer))
    },
  }
  return listener
}
