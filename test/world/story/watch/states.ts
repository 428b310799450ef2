import { mayBecome } from '../../../../lib/runs/states.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Seen } from '../witness.ts'
import { listen } from './listen.ts'
import { runOf } from './lives.ts'

/** As README has it. */
const MAX_ENTRIES = 50

/**
 * A state changes only as the table of states has it, and a lease only from the version that was read: nothing goes back. The
 * timeline of a run tells each of its changes.
 */
export function watchStates({ witness }: Sim, { broken }: Pick<Seen, 'broken'>): void {
  listen(witness, {
    written: (before, after) => {
      if (!after) return
      const version = Number(before?.version ?? 0)
      if (after.kind === 'lease' && after.version !== version + 1)
        broken('every change is conditional', `${after.id}: version ${version} became ${after.version}`)
      if (before?.kind !== 'run') return
      const [from, to] = [runOf(before), runOf(after)]
      const { timeline = [] } = to
      const told = timeline.findLast(({ state }) => state !== undefined)?.state
      if (told !== to.state || timeline.length > MAX_ENTRIES)
        broken('a timeline tells the state, and is bounded', `${to.state}: ${JSON.stringify(timeline)}`, to.id)
      if (from.state === to.state || mayBecome(from.state, to.state)) return
      broken('a state changes as the table has it', `${from.state} became ${to.state}`, to.id)
    },
  })
}
