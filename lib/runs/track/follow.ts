import { CATALOGUE } from '../../services/catalogue.ts'
import { enqueue } from '../chain.ts'
import { endedUnsent, leaderGoneOutcome, sharedEnd } from '../outcomes.ts'
import type { RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { allowedMs, isEarly, plusMs } from '../schedule.ts'
import { isFinal } from '../states.ts'
import { advance, end, markJoined } from '../transition.ts'

/**
 * A run that joined another is woken when that one ends (`wake-joined.ts`). Its own looks at the record of that one are a safety
 * net: one every 14 minutes, the first after 1 to 15, which is as long as a queue delays a message.
 */
const LOOK_EVERY_MS = 14 * 60_000
const FIRST_LOOK_MS = 60_000

/** When whoever wakes runs has listed them just before the list shows this one. The look leads to no write. */
const SECOND_LOOK_SECONDS = 20

/** Joins a live run. @returns undefined where another worker was faster */
export async function join(ports: RecordPorts, run: Run, leader: Run): Promise<Run | undefined> {
  // The mark comes first: a crash after it costs the other run a list, and one before it would leave this one asleep.
  const other = await noteJoined(ports, leader)
  const isLive = other !== undefined && !isFinal(other.state)
  const joined = { attachedTo: leader.id, deadlineAt: deadlineWith(run, leader) }
  const next = await advance(ports, run, {
    afterMs: isLive ? lookAfterMs(ports, run) : 0,
    state: 'attached',
    ...joined,
  })
  if (next && isLive) await enqueue(ports, next, SECOND_LOOK_SECONDS)
  return next
}

/** Joins and steps of the other run are written meanwhile. */
const MAX_ATTEMPTS = 3

/** Marks a live run as joined, unless another has done so. @returns that run as it is now */
async function noteJoined(ports: RecordPorts, leader: Run): Promise<Run | undefined> {
  let now: Run | undefined = leader
  for (let attempt = 0; now && !now.isJoined && !isFinal(now.state) && attempt < MAX_ATTEMPTS; attempt++) {
    now = (await markJoined(ports, now)) ?? (await ports.store.get(leader.id))
  }
  return now
}

/**
 * Until the next look of a run: its id says at which moment of each 14 minutes. A thousand that join at once, or are resumed at
 * once, therefore look one after the other.
 */
function lookAfterMs({ clock }: Pick<RecordPorts, 'clock'>, { id }: Run): number {
  const momentMs = (Number.parseInt(id.slice(-8), 16) / 2 ** 32) * LOOK_EVERY_MS
  const passedMs = (clock() + FIRST_LOOK_MS) % LOOK_EVERY_MS
  return FIRST_LOOK_MS + ((momentMs - passedMs + LOOK_EVERY_MS) % LOOK_EVERY_MS)
}

/** The other run has ended, in whatever way, this long after its deadline. */
const AFTER_MS = 30 * 60_000

function deadlineWith(run: Run, leader: Run): string {
  const end = plusMs(leader.deadlineAt, AFTER_MS)
  return run.deadlineAt > end ? run.deadlineAt : end
}

/**
 * Handles a message of an attached run: reads the run that it joined. Only a look that is due makes a step, and the message of
 * the next one. Any other message, with which it was woken, or a copy, leads to the end or to nothing.
 */
export async function follow(ports: RecordPorts, run: Run): Promise<void> {
  const leader = await ports.store.get(run.attachedTo ?? '')
  if (!leader) {
    return void (await end(ports, run, { state: 'unknown', outcome: leaderGoneOutcome(run) }))
  }
  if (endedUnsent(leader)) return detach(ports, run)
  const shared = sharedEnd(leader)
  if (shared) return void (await end(ports, run, shared))
  // Where joining did not mark it, or another release wrote that.
  await noteJoined(ports, leader)
  if (isEarly(run, ports.clock())) return
  const afterMs = lookAfterMs(ports, run)
  await advance(ports, run, { afterMs, step: run.step + 1, deadlineAt: deadlineWith(run, leader) })
}

async function detach(ports: RecordPorts, run: Run): Promise<void> {
  // As if it were requested now: its time no longer depends on the other run.
  const operation = CATALOGUE.get(run.operation)
  const deadlineAt = operation ? plusMs(ports.clock(), allowedMs(operation, run.params)) : run.deadlineAt
  await advance(ports, run, { afterMs: 0, state: 'queued', attachedTo: undefined, deadlineAt })
}
