import type { Run } from '../../../lib/runs/run.ts'
import { streamOf } from '../engine/chance.ts'
import type { Sim } from '../engine/sim.ts'
import type { Violation } from '../engine/witness.ts'
import type { Doors } from './doors.ts'
import { rest } from './rest.ts'
import { idOf, type Wish, wishFor } from './wishes.ts'
import type { Seen } from './witness.ts'

/** In one world of so many: the successors are runs of their own, and take as long. */
const SHARE = 0.2

/** Whoever comes next, when all is calm, gets each target: at once, or when the time of what may still go on is up. */
export async function successorsOf(
  seed: number,
  sim: Sim,
  witness: Seen,
  doors: Doors,
  wishes: readonly Wish[],
): Promise<Violation[]> {
  if (streamOf(seed, 'successors')() > SHARE) return []
  const { clock, table } = sim
  const targets = new Map(wishes.flatMap(({ target, more }) => [target, ...more].map((one) => [idOf(one), one])))
  const reserved = table.items().filter(({ id }) => String(id).startsWith('lease:'))
  const until = reserved.filter(({ holder }) => holder).map((one) => Date.parse(String(one.until)))
  const next = new Map<string, string>()
  await clock.run(Math.max(clock.now(), ...until) + 1_000)
  mend(sim)
  for (const id of targets.keys()) {
    const isDcs = !id.startsWith('emr')
    const operation = isDcs ? 'dcs.instance.restart' : 'emr.service.restart'
    const wish = wishFor(operation, isDcs ? { instanceId: id } : { clusterId: id })
    const key = `next-${id}`
    const sent = { number: 1000, at: clock.now(), door: 'api', key, more: [], collision: undefined } as const
    doors.send({ ...wish, operation, ...sent, more: [] })
    next.set(id, key)
  }
  await clock.run(clock.now() + 5_000)
  await rest(sim, witness)
  return lockedOut(sim, doors, next)
}

/** What trouble left broken on the resources themselves. */
function mend({ cloud }: Sim): void {
  for (const [resource] of cloud.truth.works) {
    const id = resource.split('/').at(-1) ?? ''
    if (resource.startsWith('huawei'))
      Object.assign(cloud.truth.dcs.instance(id), { status: 'RUNNING', nodes: 'Active' })
  }
}

function lockedOut({ table }: Sim, doors: Doors, next: ReadonlyMap<string, string>): Violation[] {
  return [...next].flatMap(([target, key]) => {
    const runId = doors.heard.findLast(({ wish }) => wish.key === key)?.runId ?? 'nobody'
    const run = table.item(runId) as unknown as Run | undefined // as our own store wrote it
    if (run?.state === 'succeeded') return []
    const seen = `${target}: ${run?.state}: ${run?.outcome?.summary}`
    return [{ property: 'whoever comes next gets the target', seen, runs: [runId] }]
  })
}
