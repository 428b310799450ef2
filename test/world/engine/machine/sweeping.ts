import type { Time } from '../../../../lib/local/time.ts'
import { type Scope, scope, world } from '../current.ts'
import { type Life, workerIn } from './life.ts'

/** Starts what sweeps and then sleeps: each sweep is the work of a worker of its own, and is over when it sleeps. */
export function sweeping(life: Life, start: (time: Time) => void): void {
  const begin = () => {
    const number = ++world().lambda.invocations
    return workerIn(life, { name: 'sweep-runs', number, runs: [], concern: 'sweep-runs' })
  }
  const by: Scope = { worker: begin(), concern: 'sweep-runs' }
  let begunAt = world().clock.now()
  const { clock, sleep } = life.time
  scope.run(by, () =>
    start({
      clock,
      sleep: async (ms, signal) => {
        world().witness.swept(by.worker, begunAt)
        await sleep(ms, signal)
        life.workers.delete(by.worker)
        by.worker = begin()
        begunAt = world().clock.now()
      },
    }),
  )
}
