import { streamOf, whole } from '../engine/chance.ts'
import { START } from '../engine/globals.ts'
import { createDoors } from './doors.ts'
import { type Home, natureOf } from './nature.ts'
import { createWorld, leaveWorld, type Subject } from './simulate.ts'
import { runsOf } from './verdict.ts'
import { dcsId, wishOf } from './wishes.ts'

const [SECOND_MS, MINUTE_MS] = [1_000, 60_000]

/** A thousand ask for the same restart within ten seconds of the first, which works for ten minutes. */
const STORM = { joiners: 1_000, afterMs: SECOND_MS, withinMs: 10 * SECOND_MS, workMs: 10 * MINUTE_MS }

/** Of the minutes that are counted, the first begins here: all have joined. */
const FROM_MS = MINUTE_MS

export interface JoinersCell {
  seed: number
  home: Home
}

/** What many runs do that joined one, where nothing goes wrong. */
export interface JoinersMeasured {
  /** Runs that ended as the first did. */
  joined: number
  /** Writes of the table in each whole minute while the first works, those of its own looks included. */
  writesAMinute: number[]
  /** From the end of the first to the end of the last, and to the time at which the last was told. */
  lastEndMs: number
  lastToldMs: number
  /** Writes from the end of the first until all were told. */
  writesAtEnd: number
}

export async function measureJoiners({ seed, home }: JoinersCell, subject: Subject): Promise<JoinersMeasured> {
  const nature = {
    ...natureOf(seed, { home, theme: 'nothing', harm: 0 }),
    pollersMs: 20,
    lagMs: home === 'aws' ? 200 : 0,
  }
  const conditions = { latencyMs: () => 20, workMs: () => STORM.workMs }
  const sim = createWorld(seed, nature, subject, { theme: 'nothing', harm: 0, conditions })
  const { clock, table, witness, topic } = sim
  try {
    const doors = createDoors(subject.template.functions.get('receive-alarm')?.failureQueue)
    const random = streamOf(seed, 'joiners')
    for (let number = 0; number <= STORM.joiners; number++) {
      const at = START + (number === 0 ? 0 : STORM.afterMs + whole(STORM.withinMs, random))
      const asked = { operation: 'dcs.instance.restart', id: dcsId(0), number, at }
      clock.at(at, () => doors.send(wishOf({ ...asked, door: 'api', key: `joiner-${number}` })))
    }
    const writesAMinute: number[] = []
    for (let untilMs = FROM_MS; untilMs < STORM.workMs; untilMs += MINUTE_MS) {
      await clock.run(START + untilMs)
      const before = table.counts.writes
      await clock.run(START + untilMs + MINUTE_MS)
      writesAMinute.push(table.counts.writes - before)
    }
    await clock.run(START + 2 * STORM.workMs, () => witness.endedAt.size > 0)
    const [leaderEndedAt = 0] = witness.endedAt.values()
    const before = table.counts.writes
    const isTold = (): boolean => topic.deliveries.length > STORM.joiners
    await clock.run(leaderEndedAt + 20 * MINUTE_MS, isTold)
    const lastToldMs = clock.now() - leaderEndedAt
    // The last notes that it was told.
    await clock.run(clock.now() + SECOND_MS)
    return {
      joined: runsOf(sim).filter(({ state, attachedTo }) => state === 'succeeded' && attachedTo).length,
      writesAMinute,
      lastEndMs: Math.max(...witness.endedAt.values()) - leaderEndedAt,
      lastToldMs,
      writesAtEnd: table.counts.writes - before,
    }
  } finally {
    leaveWorld(sim)
  }
}
