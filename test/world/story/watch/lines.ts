import type { Sim } from '../../engine/sim.ts'
import type { Seen } from '../witness.ts'
import { listen } from './listen.ts'
import type { Lives } from './lives.ts'

interface LeaseItem {
  waiting: string[]
  holder?: { runId: string }
}

/** Nobody falls out of the line while he waits in it. One that joined another in between may be taken for gone. */
export function watchLines({ witness }: Sim, lives: Lives, { broken }: Pick<Seen, 'broken'>): void {
  listen(witness, {
    written: (before, after) => {
      if (!after || before?.waiting === undefined) return
      const [was, is] = [before, after].map((item) => item as unknown as LeaseItem) // as our own store wrote it
      const lost = was?.waiting.find((id) => {
        const stays = is?.waiting.includes(id) || is?.holder?.runId === id
        const states = lives.of.get(id)?.states
        return !stays && states?.size === 1 && states.has('queued')
      })
      if (lost) broken('nobody falls out of the line', `${after.id} forgets ${lost}`, lost)
    },
  })
}
