import type { Run } from '../../../../lib/runs/run.ts'
import { isFinal } from '../../../../lib/runs/states.ts'
import { world } from '../current.ts'
import type { Item } from '../expressions.ts'
import type { Raw } from './watch.ts'

/** People are told by what is kept: it was written with the end itself. */
export function checkOutcome({ get }: Raw, { id, kind, state }: Item): void {
  if (kind !== 'run' || !isFinal(state as Run['state'])) return // as our own store wrote it
  const event = `${id}/${state}`
  const isKept = get('SELECT 1 FROM outcomes WHERE id = ?', event)
  if (!isKept) world().witness.broken('what is told of an end is kept with it', event, String(id))
}
