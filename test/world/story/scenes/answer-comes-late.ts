import { CATALOGUE } from '../../../../lib/services/catalogue.ts'
import { streamOf, whole } from '../../engine/chance.ts'
import { acting, concernNow, type Worker } from '../../engine/current.ts'
import { note } from '../../engine/request.ts'
import type { Following } from '../stage.ts'
import { force } from './force.ts'

/** Of so many changes the answer is held back. */
const SHARE = 0.15

/** Nobody looks for a run before its sender must be gone. */
const GONE_MS = 31_000

/** A second copy of its message comes when the sender's time is over, before the sweeper looks after the run. */
const COPY = { share: 0.7, afterMs: 36_000, withinMs: 15_000 }

/** Where nobody looks for the run within this, the sender goes on by itself. */
const LATEST_MS = 150_000

/** Around the time that a claim takes: sometimes the answer is written first, sometimes the claim. */
const AROUND_MS = 40

/**
 * The host of a sender freezes with the answer in its hands, and goes on in the very moment in which somebody else looks
 * for what became of the call.
 */
export function playAnswerComesLate({ seed, sim, endsAt }: Following): void {
  const { cloud, table, clock, queues } = sim
  const held = new Map<string, { worker: Worker; since: number; release: () => void }>()
  force(sim, 'worker comes back after its time-out', () =>
    [...held.values()].some(({ worker }) => worker === acting().worker),
  )

  const { call } = cloud
  cloud.call = async (operation, input, place) => {
    const [by, runId] = [acting(), concernNow()]
    const answer = await call(operation, input, place)
    const isSent = CATALOGUE.has(operation.name) && by.worker.function === 'submit-run' && !Array.isArray(input)
    const random = streamOf(seed, `held ${runId}`)
    if (!isSent || clock.now() > endsAt || held.has(runId) || random() >= SHARE) return answer
    note('freezes with the answer in its hands')
    const afterMs = whole(AROUND_MS, random)
    const body = by.message?.body
    if (body && random() < COPY.share)
      clock.after(COPY.afterMs + whole(COPY.withinMs, random), () => queues.post('SubmissionsQueue', body))
    await new Promise<void>((resolve) => {
      const release = (): void => {
        held.delete(runId)
        clock.after(afterMs, () => {
          by.worker.frozenUntil = Math.min(by.worker.frozenUntil, clock.now())
          if (!by.worker.dead) resolve()
        })
      }
      held.set(runId, { worker: by.worker, since: clock.now(), release })
      clock.after(LATEST_MS, () => held.get(runId)?.release())
    })
    return answer
  }

  const { send } = table
  table.send = (operation, input) => {
    const one = operation === 'get' ? held.get(input.Key?.id ?? '') : undefined
    const isSought = one && acting().worker.function === 'submit-run' && acting().worker !== one.worker
    if (isSought && clock.now() - one.since > GONE_MS) one.release()
    return send(operation, input)
  }
}
