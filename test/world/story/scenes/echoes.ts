import { pick, streamOf, whole } from '../../engine/chance.ts'
import { idIn } from '../../engine/targets.ts'
import type { Sent, Work } from '../../engine/witness.ts'
import type { Following } from '../stage.ts'
import { listen } from '../watch/listen.ts'
import { operationsOn, type Wish, wishOf } from '../wishes.ts'

/** Of so many changes one is noticed. */
const SHARE = 0.5

/** More than that a world does not raise: an engine that answers each by a run would go on for ever. */
const MOST = 60

const LATEST_MS = 20 * 60_000

/** When an alarm is told: in the thick of it, just as the run has ended, or when all have forgotten. */
const DELIVERIES = ['soon', 'at the end', 'late'] as const

/**
 * What we do to a resource shows in its metrics: an alarm fires while the work goes on, or just after, and is told once or
 * more, sooner or later. In between, others may have had the resource.
 */
export function playEchoes({ seed, sim, lives, send, endsAt, numbersOf }: Following): void {
  const { clock, witness } = sim
  const atEnd = new Map<string, (() => void)[]>()
  let raised = 0
  const at = (time: number, wish: Wish): void => {
    if (time < endsAt) clock.at(time, () => send(wish))
  }

  const raise = ({ runId, operation, resource }: Sent, work: Work): void => {
    const random = streamOf(seed, `echo ${runId}`)
    if (random() >= SHARE || raised++ >= MOST) return
    const id = idIn(resource)
    const numbers = numbersOf(runId)
    const during = clock.now() + whole(work.until - clock.now(), random)
    const occurredAt = random() < 0.8 ? during : work.until + whole(240_000, random)
    const name = random() < 0.6 ? operation : pick(operationsOn(id), random)
    const alarm = wishOf({ operation: name, id, number: numbers(), at: occurredAt, occurredAt, door: 'alarm' })
    const ends: (() => void)[] = []
    for (let times = 1 + whole(3, random); times > 0; times--) {
      const how = pick(DELIVERIES, random)
      const afterMs = whole({ soon: 20_000, 'at the end': 5_000, late: LATEST_MS }[how], random)
      if (how === 'at the end') ends.push(() => at(Math.max(occurredAt, clock.now() + afterMs), alarm))
      else at(occurredAt + afterMs, alarm)
    }
    if (random() < 0.5) {
      const next = { operation: pick(operationsOn(id), random), id, number: numbers(), door: 'api' as const }
      const afterMs = whole(30_000, random)
      ends.push(() => at(clock.now() + afterMs, wishOf({ ...next, at: clock.now() + afterMs, collision: 'queue' })))
    }
    atEnd.set(runId, ends)
  }

  listen(witness, {
    arrived: (sent) => {
      if (sent.work && clock.now() < endsAt) raise(sent, sent.work)
    },
  })
  lives.onEnd(({ id }) => {
    for (const does of atEnd.get(id) ?? []) does()
    atEnd.delete(id)
  })
}
