import { pick, streamOf, whole } from '../../engine/chance.ts'
import type { Violation } from '../../engine/witness.ts'
import { rest } from '../rest.ts'
import type { Following } from '../stage.ts'
import { runsOf } from '../verdict.ts'
import { listen } from '../watch/listen.ts'
import type { Seen } from '../witness.ts'

const HOUR_MS = 3_600_000
const LETTERS = 5
const MESSAGES = 10
const ALARMS = 3

/** Of all messages, these are kept in mind. */
const SHARE_KEPT = 0.1

/**
 * Hours after all has ended somebody sends dead letters back, redrives a queue, and replays alarms: nothing comes of it.
 * @returns what to do then
 */
export function prepareLateRedrive({ seed, sim, doors, send }: Following): (seen: Seen) => Promise<Violation[]> {
  const { clock, queues, witness, cloud } = sim
  const random = streamOf(seed, 'late redrive')
  const old: string[] = []
  listen(witness, {
    posted: (body) => {
      if (random() < SHARE_KEPT) old.push(body)
    },
  })
  return async (seen) => {
    // What is tried again by itself has come by then.
    await clock.run(clock.now() + HOUR_MS + whole(2 * HOUR_MS, random))
    const before = [runsOf(sim).length, cloud.truth.sent.length]
    for (let left = LETTERS; left > 0; left--) doors.resend()
    for (let left = old.length > 0 ? MESSAGES : 0; left > 0; left--) {
      const body = pick(old, random)
      queues.post('step' in JSON.parse(body) ? 'PollsQueue' : 'SubmissionsQueue', body)
    }
    for (let left = doors.alarms.length > 0 ? ALARMS : 0; left > 0; left--) send(pick(doors.alarms, random))
    await clock.run(clock.now() + 5_000)
    await rest(sim, seen)
    const after = [runsOf(sim).length, cloud.truth.sent.length]
    const property = 'what is redriven when all is over starts nothing'
    return after.join() === before.join()
      ? []
      : [{ property, seen: `${before} runs and calls became ${after}`, runs: [] }]
  }
}
