import { CATALOGUE } from '../../../../lib/services/catalogue.ts'
import { streamOf, whole } from '../../engine/chance.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Following } from '../stage.ts'
import { runOf } from '../watch/lives.ts'
import { force } from './force.ts'

/** Of so many runs the first request is long on its way. */
const SHARE = 0.3

/** So often somebody at the console begins the same meanwhile, soon. */
const SHARE_BY_HAND = 0.3
const SOON_MS = 25_000

/** Requests are given up, and arrive all the same: also those of runs that had waited long before they were sent. */
export function playRequestArrivesLate({ seed, sim, endsAt }: Following): void {
  const done = new Set<string>()
  force(sim, 'cloud request arrives late', (runId) => {
    if (sim.clock.now() > endsAt || done.has(runId)) return false
    done.add(runId)
    const random = streamOf(seed, `late request ${runId}`)
    const isLate = random() < SHARE
    if (isLate && random() < SHARE_BY_HAND) sim.clock.after(whole(SOON_MS, random), () => beginTheSame(sim, runId))
    return isLate
  })
}

/** What is found then is not what was sent. */
function beginTheSame({ table, cloud }: Sim, runId: string): void {
  const item = table.item(runId)
  const run = item && runOf(item)
  const operation = CATALOGUE.get(run?.operation ?? '')
  if (!run || !operation) return
  const { target, params, baseline } = run
  void cloud.truth.beginByHand(operation.resource(target), { operation, input: { target, params, baseline } })
}
