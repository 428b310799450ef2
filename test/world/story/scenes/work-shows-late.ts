import { streamOf, whole } from '../../engine/chance.ts'
import type { Following } from '../stage.ts'

/** An instance shows that something works on it so much later, at most: less than the minute that the engine waits. */
const LATEST_MS = 40_000

/** For a while after DCS has taken work on, the instance shows what it showed before. */
export function playWorkShowsLate({ seed, sim, endsAt }: Following): void {
  const { clock, cloud } = sim
  const { dcs } = cloud.truth
  const { call } = dcs
  /** Instance -> until when it shows this. */
  const shown = new Map<string, { until: number; status: string }>()
  const works = new Map<string, number>()
  dcs.call = async (operation, input, place) => {
    const { target, instanceId } = input as { target?: { instanceId?: string }; instanceId?: string } // an order, or flat
    const id = target?.instanceId ?? instanceId ?? ''
    const was = dcs.instance(id).status
    const answer = await call(operation, input, place)
    const isBegun = operation.effect !== 'read' && dcs.instance(id).status !== was
    if (isBegun) shown.delete(id)
    // What broke it before would be taken for the end of this.
    if (isBegun && was === 'RUNNING' && clock.now() < endsAt) {
      const nth = (works.get(id) ?? 0) + 1
      works.set(id, nth)
      shown.set(id, { until: clock.now() + whole(LATEST_MS, streamOf(seed, `late ${id} ${nth}`)), status: was })
    }
    const late = operation.name === 'dcs.instance.show' ? shown.get(id) : undefined
    // What has ended is never shown as it was before.
    const isAtWork = dcs.instance(id).work !== undefined
    return late && clock.now() < late.until && isAtWork ? { ...answer, status: late.status } : answer
  }
}
