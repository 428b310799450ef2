import type { Run } from '../../../../lib/runs/run.ts'
import { isFinal } from '../../../../lib/runs/states.ts'
import { type Worker, world } from '../current.ts'
import { runIdsIn } from '../queues.ts'
import type { Life } from './life.ts'
import type { Raw } from './watch.ts'

/** Messages that nobody can have in hand, and that wait all the same. */
const HELD = 'SELECT body FROM messages WHERE receive_count > 0 AND visible_at > ?'

/** What a process has brought on when it has taken over from the one before. */
export function checkStart({ get, all }: Raw, { begunAt, time }: Life, { met }: Worker): void {
  const { table, witness, hangs, clock } = world()
  const held = get(HELD, time.clock())
  if (held) witness.broken('after a start nothing waits for who is gone', String(held.body))
  // A disk that is full is so for all that the process does, for a while.
  if (hangs.between(['table'], begunAt, clock.now()) || [...met].some((kind) => kind.startsWith('table'))) return
  const waiting = new Set(all('SELECT body FROM messages').flatMap(({ body }) => runIdsIn(String(body))))
  const live = table.items().filter(({ kind, state }) => kind === 'run' && !isFinal(state as Run['state'])) // as our own store wrote it
  const left = live.find(({ id }) => !waiting.has(String(id)))
  if (left) witness.broken('a start brings every live run on', `${left.state}`, String(left.id))
}
