import { pick, streamOf, whole } from '../../engine/chance.ts'
import { START } from '../../engine/globals.ts'
import type { Following } from '../stage.ts'
import { dcsId, OPERATION_NAMES } from '../wishes.ts'

const MINUTE_MS = 60_000

/** Somebody pauses everything for minutes, or one operation, or one instance; and another does so as well. */
export function playPause({ seed, sim, doors, endsAt }: Following): void {
  const random = streamOf(seed, 'pause')
  for (let number = 1 + whole(2, random); number > 0; number--) {
    const scope = random() < 0.6 ? 'all' : pick([`operation:${pick(OPERATION_NAMES, random)}`, INSTANCE], random)
    const wish = { key: `pause ${number}`, scope, forMs: MINUTE_MS + whole(9 * MINUTE_MS, random) }
    sim.clock.at(START + whole((endsAt - START) / 2, random), () => doors.pause(wish))
  }
}

/** The one that every world asks for. */
const INSTANCE = `resource:huawei/dcs/${dcsId(0)}`
