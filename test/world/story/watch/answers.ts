import type { Run } from '../../../../lib/runs/run.ts'
import { CATALOGUE } from '../../../../lib/services/catalogue.ts'
import { acting, type Worker } from '../../engine/current.ts'
import type { Sim } from '../../engine/sim.ts'
import { targetsOf } from '../../engine/targets.ts'
import type { Seen } from '../witness.ts'

/** So soon it is written, also where somebody else writes meanwhile. */
const WRITTEN_MS = 10_000

/** What the cloud answered to a change, its worker writes down, however late the answer came. */
export function watchAnswers(sim: Sim, { broken }: Pick<Seen, 'broken'>): void {
  const { cloud, clock, table, faults } = sim
  const { call } = cloud
  const heard = (runId: string, worker: Worker): void => {
    const at = clock.now()
    const sent = runAt(table, runId)
    if (sent?.state !== 'submitting') return
    clock.after(WRITTEN_MS, () => {
      const run = runAt(table, runId)
      const isSame = run?.state === 'submitting' && run.sentAt === sent.sentAt
      const isHindered = worker.dead || worker.frozenUntil > at
      const isLost = [...faults.met(runId)].some((kind) => kind.startsWith('table') || kind.startsWith('worker dies'))
      if (isSame && !isHindered && !isLost) broken('an answer is written down', `to ${run.operation}`, runId)
    })
  }
  cloud.call = async (operation, input, place) => {
    const by = acting()
    const declared = Array.isArray(input) ? undefined : CATALOGUE.get(operation.name)
    const answer = await call(operation, input, place)
    const [target] = declared ? targetsOf(operation, input, by) : []
    const accepted = target && declared?.accepted(answer, (input as { target: unknown }).target) // of what runs carry out
    if (accepted && !('refused' in accepted) && !('unclear' in accepted)) heard(target.runId, by.worker)
    return answer
  }
}

function runAt(table: Sim['table'], id: string): Run | undefined {
  return table.item(id) as unknown as Run | undefined // as our own store wrote it
}
