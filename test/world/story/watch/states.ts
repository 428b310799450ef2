import { mayBecome } from '../../../../lib/runs/states.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Seen } from '../witness.ts'
import { listen } from './listen.ts'
import { runOf } from './lives.ts'

/** A state changes only as the table of states has it, and a lease only from the version that was read: nothing goes back. */
export function watchStates({ witness }: Sim, { broken }: Pick<Seen, 'broken'>): void {
  listen(witness, {
    written: (before, after) => {
      if (!after) return
      const version = Number(before?.version ?? 0)
      if (after.kind === 'lease' && after.version !== version + 1)
        broken('every change is conditional', `${after.id}: version ${version} became ${after.version}`)
      if (before?.kind !== 'run') return
      const [from, to] = [runOf(before), runOf(after)]
      if (from.state === to.state || mayBecome(from.state, to.state)) return
      broken('a state changes as the table has it', `${from.state} became ${to.state}`, to.id)
    },
  })
}
