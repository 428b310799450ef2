import { pick, streamOf, whole } from '../../engine/chance.ts'
import { START } from '../../engine/globals.ts'
import type { Following } from '../stage.ts'
import { dcsId, operationsOn, wishFor, wishOf } from '../wishes.ts'

const INSTANCES = 4
const MINUTE_MS = 60_000

/** Beyond those of the other scenes that are known before. */
const FIRST_NUMBER = 800_000
const FIRST_INSTANCE = 300_000

/**
 * A run has an instance and waits for a backup, others wait behind it, and all are paused. The pause lapses: all of them go on in
 * the same instant.
 */
export function playHeldBack({ seed, sim, doors, send, endsAt }: Following): void {
  const random = streamOf(seed, 'held back')
  for (let index = 0; index < INSTANCES; index++) {
    const id = dcsId(FIRST_INSTANCE + index)
    let number = FIRST_NUMBER + 10 * index
    const at = START + whole((endsAt - START) / 3, random)
    const ask = (operation: string, afterMs: number): void => {
      const asked = { operation, id, number: number++, at: at + afterMs, door: 'api', collision: 'queue' } as const
      const wish = wishOf({ ...asked, ...wishFor(operation, [{ instanceId: id }], true) })
      sim.clock.at(wish.at, () => send(wish))
    }
    ask(pick(['dcs.instance.flush', 'dcs.instance.stop'], random), 0)
    for (const operation of operationsOn(id).slice(0, 2 + whole(3, random)))
      ask(operation, 4_000 + whole(2_000, random))
    const pause = { key: `held back ${index}`, scope: `resource:huawei/dcs/${id}`, lapses: true }
    sim.clock.at(at + 8_000, () => doors.pause({ ...pause, forMs: MINUTE_MS + whole(4 * MINUTE_MS, random) }))
  }
}
