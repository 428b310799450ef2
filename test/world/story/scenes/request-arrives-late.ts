import { streamOf } from '../../engine/chance.ts'
import type { Following } from '../stage.ts'
import { force } from './force.ts'

/** Of so many runs the first request is long on its way. */
const SHARE = 0.3

/** Requests are given up, and arrive all the same: also those of runs that had waited long before they were sent. */
export function playRequestArrivesLate({ seed, sim, endsAt }: Following): void {
  const done = new Set<string>()
  force(sim, 'cloud request arrives late', (runId) => {
    if (sim.clock.now() > endsAt || done.has(runId)) return false
    done.add(runId)
    return streamOf(seed, `late request ${runId}`)() < SHARE
  })
}
