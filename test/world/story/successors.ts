import type { Lease } from '../../../lib/runs/ports.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { isFinal } from '../../../lib/runs/states.ts'
import { streamOf } from '../engine/chance.ts'
import type { Sim } from '../engine/sim.ts'
import type { Violation } from '../engine/witness.ts'
import type { Doors } from './doors.ts'
import { rest } from './rest.ts'
import type { Made } from './stage.ts'
import { wishFor } from './wishes.ts'
import type { Seen } from './witness.ts'

/** In one world of so many: the successors are runs of their own, and take as long. */
const SHARE = 0.2

/** Nobody else has it. */
const NUMBER = 999_999

/**
 * Whoever comes next, when all is calm, gets each target: at once, unless it is reserved for work that may still go on;
 * then when the time of that is up. A lease that was left behind by a run that has ended hinders nobody: a worker that
 * comes back after its run's end may take it once more, and whoever comes next sees that its holder has ended. Where
 * there is one, that is tried in any case.
 */
export async function successorsOf(
  seed: number,
  sim: Sim,
  witness: Seen,
  doors: Doors,
  made: readonly Made[],
): Promise<Violation[]> {
  const leases = sim.table.items().filter(({ kind }) => kind === 'lease') as unknown as Lease[] // as our own store wrote them
  const isLeftBehind = leases.some(({ holder }) => holder && !reserves(sim, holder.runId))
  if (!isLeftBehind && streamOf(seed, 'successors')() > SHARE) return []
  const reserved = new Map(
    leases
      .filter(({ holder }) => holder && reserves(sim, holder.runId))
      .map((lease) => [lastOf(lease.resource), Date.parse(lease.until)]),
  )
  const targets = [...new Set(made.flatMap(({ ids }) => ids))]
  const [free, kept] = [targets.filter((id) => !reserved.has(id)), targets.filter((id) => reserved.has(id))]
  const now = await ask(sim, witness, doors, free, 'next')
  if (now.length > 0) return now
  await sim.clock.run(Math.max(sim.clock.now(), ...reserved.values()) + 1_000)
  const later = await ask(sim, witness, doors, kept, 'next')
  return later.length > 0 ? later : whenExpired(seed, sim, witness, doors, targets)
}

/** Records whose time is over go one by one, in any order. */
const SHARE_EXPIRED = 0.5

/** So late somebody sends the same again. */
const REPEATED_MS = 35 * 60_000

/** Old messages that come all the same. */
const REPEATED = 20

/** Long after everything: what is left of it hinders nobody, and starts nothing. */
async function whenExpired(
  seed: number,
  sim: Sim,
  witness: Seen,
  doors: Doors,
  targets: string[],
): Promise<Violation[]> {
  const { table, cloud, queues, clock } = sim
  // Whoever asks again for want of an answer has done so by then.
  await clock.run(clock.now() + REPEATED_MS)
  const random = streamOf(seed, 'expiry')
  const eternal = table.items().find(({ expiresAtSeconds }) => typeof expiresAtSeconds !== 'number')
  if (eternal) return [{ property: 'no record is kept for ever', seen: String(eternal.id), runs: [] }]
  // Parts of records outlive them.
  table.expire(({ kind }) => kind !== 'part' && random() < SHARE_EXPIRED)
  const before = cloud.truth.sent.length
  for (const body of witness.dead.slice(0, REPEATED))
    queues.post('step' in (JSON.parse(body) as object) ? 'PollsQueue' : 'SubmissionsQueue', body)
  await sim.clock.run(sim.clock.now() + 5_000)
  await rest(sim, witness)
  if (cloud.truth.sent.length > before)
    return [{ property: 'what is redriven when all is over starts nothing', seen: 'records had expired', runs: [] }]
  return ask(sim, witness, doors, targets, 'much-later')
}

/** Its work may still go on, as far as anybody knows. */
function reserves({ table }: Sim, runId: string): boolean {
  const run = table.item(runId) as unknown as Run | undefined // as our own store wrote it
  return run !== undefined && !(isFinal(run.state) && run.outcome?.providerDone)
}

/** A wish for each, and who was not served. */
async function ask(sim: Sim, witness: Seen, doors: Doors, ids: string[], key: string): Promise<Violation[]> {
  mend(sim)
  for (const id of ids) {
    const isDcs = !id.startsWith('emr')
    const operation = isDcs ? 'dcs.instance.restart' : 'emr.service.restart'
    const wish = wishFor(operation, [isDcs ? { instanceId: id } : { clusterId: id }])
    const how = { door: 'api' as const, collision: undefined, cancelAfterMs: undefined }
    doors.send({ ...wish, ...how, operation, number: NUMBER, at: sim.clock.now(), key: `${key}-${id}` })
  }
  await sim.clock.run(sim.clock.now() + 5_000)
  await rest(sim, witness)
  return ids.flatMap((id) => lockedOut(sim, doors, id, key))
}

function lockedOut({ table }: Sim, doors: Doors, id: string, key: string): Violation[] {
  const runId = doors.heard.findLast(({ wish }) => wish.key === `${key}-${id}`)?.runId ?? 'nobody'
  const run = table.item(runId) as unknown as Run | undefined // as our own store wrote it
  if (run?.state === 'succeeded') return []
  const seen = `${id}: ${run?.state}: ${run?.outcome?.summary}`
  return [{ property: 'whoever comes next gets the target', seen, runs: [runId] }]
}

/** What trouble left broken on the instances themselves. */
function mend({ cloud }: Sim): void {
  cloud.truth.endStates()
  for (const resource of cloud.truth.works.keys()) {
    if (!resource.startsWith('huawei')) continue
    Object.assign(cloud.truth.dcs.instance(lastOf(resource)), { status: 'RUNNING', nodes: 'Active' })
  }
}

function lastOf(resource: string): string {
  return resource.split('/').at(-1) ?? ''
}
