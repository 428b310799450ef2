import type { Sim } from '../engine/sim.ts'
import type { Violation } from '../engine/witness.ts'
import type { Doors } from './doors.ts'
import type { Nature } from './nature.ts'
import { playAnswerComesLate } from './scenes/answer-comes-late.ts'
import { playEchoes } from './scenes/echoes.ts'
import { playHeldBack } from './scenes/held-back.ts'
import { prepareLateRedrive } from './scenes/late-redrive.ts'
import { playLineAfterDoubt } from './scenes/line-after-doubt.ts'
import { playPause } from './scenes/pause.ts'
import { playRequestArrivesLate } from './scenes/request-arrives-late.ts'
import { playWorkShowsLate } from './scenes/work-shows-late.ts'
import { type Billed, isPlayed, scenesOf } from './scenes.ts'
import { watchAnswers } from './watch/answers.ts'
import { watchBreakers } from './watch/breakers.ts'
import { brokenDeadlines } from './watch/deadlines.ts'
import { followDisturbances } from './watch/disturbances.ts'
import { watchEpisodes } from './watch/episodes.ts'
import { watchGroups } from './watch/groups.ts'
import { watchHeld } from './watch/held.ts'
import { watchLines } from './watch/lines.ts'
import { followLives, type Lives } from './watch/lives.ts'
import { type LookCounts, watchLooks } from './watch/looks.ts'
import { droppedSilently, watchLoops } from './watch/loops.ts'
import { secondChanges } from './watch/same-request.ts'
import { notSkipped } from './watch/skipped.ts'
import { watchStates } from './watch/states.ts'
import { brokenByAlarms } from './watch/transitions.ts'
import { idOf, type Wish, wishesOf } from './wishes.ts'
import type { Seen } from './witness.ts'

/** What a scene needs that follows what happens. */
export interface Following {
  seed: number
  sim: Sim
  doors: Doors
  lives: Lives
  send: (wish: Wish) => void
  /** Nothing is asked for any more from then on. */
  endsAt: number
  /** Numbers of requests that follow a run: always the same ones. */
  numbersOf: (runId: string) => () => number
}

/** A request as those know it who leave some out. */
export interface Made {
  number: number
  ids: string[]
}

/** Everything that is asked for in a world, and the promises that hang on it. */
export interface Stage {
  made(): Made[]
  /** Everything that was not as promised. @param theme of what goes wrong */
  violations(): Violation[]
  looks(): LookCounts
  /** Hours or days later, before all is judged. */
  afterwards(seen: Seen): Promise<Violation[]>
  /** After all has been judged: records of it may be gone. */
  muchLater(seen: Seen): Promise<Violation[]>
}

interface Bill extends Billed {
  nature: Pick<Nature, 'theme' | 'lagMs'>
  sim: Sim & { witness: Seen }
  doors: Doors
  endsAt: number
  favoured?: string | undefined
  wishesOff?: ReadonlySet<number> | undefined
}

/** Arranges what is asked for in a world before it begins to live. */
export function openStage(bill: Bill): Stage {
  const { seed, sim, doors, nature, endsAt, wishesOff } = bill
  const { clock, witness } = sim
  const made = new Map<number, Made>()
  const send = (wish: Wish): void => {
    const { number, targets } = wish
    made.set(number, { number, ids: targets.map(idOf) })
    if (!wishesOff?.has(number)) doors.send(wish)
  }
  const lives = followLives(sim)
  const following = { seed, sim, doors, lives, send, endsAt, numbersOf }
  if (isPlayed(bill, 'echoes')) playEchoes(following)
  if (isPlayed(bill, 'line after doubt')) playLineAfterDoubt(following)
  if (isPlayed(bill, 'pause')) playPause(following)
  if (isPlayed(bill, 'held back')) playHeldBack(following)
  if (nature.theme === 'all' || nature.theme === 'cloud') {
    if (isPlayed(bill, 'work shows late')) playWorkShowsLate(following)
    if (isPlayed(bill, 'request arrives late')) playRequestArrivesLate(following)
  }
  // In one process nobody else looks while an answer is held back.
  if (nature.theme === 'all' && !sim.machine && isPlayed(bill, 'answer comes late')) playAnswerComesLate(following)
  const [redrive, redriveAgain] = isPlayed(bill, 'late redrive') ? prepareLateRedrive(following) : []
  // After the scenes: what they hold back is not there yet.
  const disturbances = followDisturbances(sim)
  watchStates(sim, witness)
  watchLines(sim, lives, witness)
  watchAnswers(sim, witness)
  watchHeld(sim, witness)
  const episodes = watchEpisodes(sim, doors, witness)
  const loops = watchLoops(sim)
  const breakers = watchBreakers(sim)
  const groups = watchGroups(sim)
  const looks = watchLooks(sim)
  for (const wish of [...wishesOf(seed, bill.withinMs, bill), ...scenesOf(bill)]) clock.at(wish.at, () => send(wish))
  return {
    made: () => [...made.values()],
    violations: () => [
      ...secondChanges(sim, lives, disturbances, askedBy(doors)),
      ...brokenByAlarms(sim, { lives, doors, lagMs: nature.lagMs }),
      ...brokenDeadlines(sim, lives, disturbances),
      ...loops.violations(doors),
      ...episodes.violations(),
      ...breakers.violations(),
      ...groups.violations(doors),
      ...looks.violations(),
      ...notSkipped(sim, lives),
      // Where the table fails, the delivery is answered all the same, and logged.
      ...(mayDrop(sim, nature) ? [] : droppedSilently(sim, doors)),
    ],
    looks: looks.counts,
    afterwards: async (seen) => (await redrive?.(seen)) ?? [],
    muchLater: async (seen) => (await redriveAgain?.(seen)) ?? [],
  }
}

function mayDrop({ faults }: Sim, { theme }: Pick<Nature, 'theme'>): boolean {
  return theme === 'all' || Object.keys(faults.counts).some((kind) => kind.startsWith('table'))
}

/** Beyond those of all scenes that are known before. */
const FIRST_FOLLOWING = 1_000_000
const FOLLOWING_EACH = 100

function numbersOf(runId: string): () => number {
  let number = FIRST_FOLLOWING + Number.parseInt(runId.slice(4, 12), 16) * FOLLOWING_EACH
  return () => number++
}

function askedBy({ heard }: Doors): ReadonlyMap<string, readonly string[]> {
  const byRun = Map.groupBy(heard, ({ runId }) => runId)
  return new Map([...byRun].map(([id, those]) => [id, those.map(({ wish }) => `wish ${wish.number}`)]))
}
