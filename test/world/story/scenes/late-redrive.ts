import { pick, streamOf, whole } from '../../engine/chance.ts'
import type { Violation } from '../../engine/witness.ts'
import { rest } from '../rest.ts'
import type { Following } from '../stage.ts'
import { runsOf } from '../verdict.ts'
import { listen } from '../watch/listen.ts'
import { idOf, operationsOn, wishOf } from '../wishes.ts'
import type { Seen } from '../witness.ts'

const HOUR_MS = 3_600_000
const LETTERS = 5
const MESSAGES = 10
const ALARMS = 3

/** Of all messages, these are kept in mind. */
const SHARE_KEPT = 0.1

/** A dead-letter queue keeps its messages for two weeks: so late they may be sent back. */
const LATEST_MS = 13 * 24 * HOUR_MS
const SHARE_OF_DAYS = 0.5

/** So many runs are asked for anew, and old messages come while they live. */
const NEW_RUNS = 6
const WITHIN_MS = 120_000

/**
 * Hours or days after all has ended somebody sends dead letters back, redrives a queue, and replays alarms: nothing comes of
 * it. Then he does so once more, while other runs have the resources, and after records of the old ones have expired.
 * @returns what to do then, one after the other
 */
export function prepareLateRedrive({ seed, sim, doors, send }: Following): ((seen: Seen) => Promise<Violation[]>)[] {
  const { clock, queues, witness, cloud, table, faults } = sim
  const random = streamOf(seed, 'late redrive')
  const old: string[] = []
  listen(witness, {
    posted: (body) => {
      if (random() < SHARE_KEPT) old.push(body)
    },
  })
  const redrive = (body: string): void =>
    queues.post('step' in JSON.parse(body) ? 'PollsQueue' : 'SubmissionsQueue', body)

  const whenAllIsOver = async (seen: Seen): Promise<Violation[]> => {
    const before = [runsOf(sim).length, cloud.truth.sent.length]
    for (let left = LETTERS; left > 0; left--) doors.resend()
    for (let left = old.length > 0 ? MESSAGES : 0; left > 0; left--) redrive(pick(old, random))
    for (let left = doors.alarms.length > 0 ? ALARMS : 0; left > 0; left--) send(pick(doors.alarms, random))
    await clock.run(clock.now() + 5_000)
    await rest(sim, seen)
    const after = [runsOf(sim).length, cloud.truth.sent.length]
    const property = 'what is redriven when all is over starts nothing'
    return after.join() === before.join()
      ? []
      : [{ property, seen: `${before} runs and calls became ${after}`, runs: [] }]
  }

  const whileOthersLive = async (seen: Seen): Promise<Violation[]> => {
    const ended = new Set(runsOf(sim).map(({ id }) => id))
    const ids = [...new Set(runsOf(sim).map(({ target }) => idOf(target)))]
    if (ids.length === 0 || old.length === 0) return []
    // What is over is deleted at any time after its date; some of it was.
    if (random() < 0.5) table.expire(({ kind, id }) => kind === 'run' && ended.has(String(id)) && random() < 0.5)
    const [sent, broken] = [cloud.truth.sent.length, witness.violations.length]
    for (let number = 0; number < NEW_RUNS; number++) {
      const id = pick(ids, random)
      const [operation, at] = [pick(operationsOn(id), random), clock.now() + whole(WITHIN_MS, random)]
      const wish = wishOf({ operation, id, number: FIRST_NUMBER + number, at, door: 'api', collision: 'queue' })
      clock.at(at, () => send(wish))
    }
    for (let left = MESSAGES; left > 0; left--) {
      const body = pick(old, random)
      clock.after(whole(2 * WITHIN_MS, random), () => {
        faults.meet('redriven late', [...ended])
        redrive(body)
      })
    }
    for (let left = LETTERS; left > 0; left--) clock.after(whole(2 * WITHIN_MS, random), () => doors.resend())
    await clock.run(clock.now() + 2 * WITHIN_MS)
    await rest(sim, seen)
    const again = cloud.truth.sent.slice(sent).find(({ runId }) => ended.has(runId))
    const property = 'what is redriven when all is over starts nothing'
    const found = witness.violations.slice(broken)
    if (again) found.push({ property, seen: `${again.operation} of a run that had ended`, runs: [again.runId] })
    const stuck = runsOf(sim).find(({ notifiedAt }) => !notifiedAt)
    if (stuck)
      found.push({ property: 'every run ends', seen: `${stuck.state}, long after all others`, runs: [stuck.id] })
    return found
  }

  const later = async (seen: Seen): Promise<Violation[]> => {
    // What is tried again by itself has come by then.
    const lateMs = random() < SHARE_OF_DAYS ? whole(LATEST_MS, random) : whole(2 * HOUR_MS, random)
    await clock.run(clock.now() + HOUR_MS + lateMs)
    table.expire(({ expiresAtSeconds }) => Number(expiresAtSeconds) * 1000 < clock.now())
    return whenAllIsOver(seen)
  }
  return [later, whileOthersLive]
}

/** Beyond those of all other scenes. */
const FIRST_NUMBER = 900_000
