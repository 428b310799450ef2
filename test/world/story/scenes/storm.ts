import { pick, whole } from '../../engine/chance.ts'
import { dcsId, emrId, operationsOn, type Wish, wishOf } from '../wishes.ts'
import { type Cue, momentOf } from './play.ts'

const ALARMS = 2_000
const RESOURCES = 100
const CLUSTERS = 5
const LASTS_MS = 4 * 60_000

/** A whole zone is ill: everything that is watched tells of itself, again and again, within minutes. */
export function storm(cue: Cue): Wish[] {
  const { random, number } = cue
  const at = momentOf(cue)
  const ids = Array.from({ length: RESOURCES }, (_, index) =>
    index < CLUSTERS ? emrId(index) : dcsId(200_000 + index),
  )
  return Array.from({ length: ALARMS }, () => {
    const id = pick(ids, random)
    const usual = id.startsWith('emr') ? 'emr.service.restart' : 'dcs.instance.restart'
    const operation = random() < 0.7 ? usual : pick(operationsOn(id), random)
    return wishOf({ operation, id, number: number(), at: at + whole(LASTS_MS, random), door: 'alarm' })
  })
}
