import type { CloudError } from '../../cloud/errors.ts'
import { memo } from '../../cloud/memo.ts'
import { SERVICES } from '../../services/catalogue.ts'
import { type Member, readFleet } from '../../services/fleet.ts'
import type { RunCloud, RunOperation } from '../cloud-for.ts'
import { orCloudError } from '../or-cloud-error.ts'
import type { Ports } from '../ports.ts'

/** The resources of a service, as its cloud lists them, for guards that count them. */

/** Runs that ask within this time share a list. */
const KEPT_MS = 10_000

/** More fleets than one process works on. */
const MAX_FLEETS = 100

interface Kept {
  list?: { readAtMs: number; members: Promise<Member[]> }
}

/** By the port that reads: a process has one. */
const KEPT = new WeakMap<Ports['call'], (key: string) => Kept>()

/** The resources beside which a run works: those of its service in its account and region. */
export function fleetOf(
  { call, clock }: Pick<Ports, 'call' | 'clock'>,
  { run, operation }: RunOperation,
  { read }: Pick<RunCloud, 'read'>,
): Promise<Member[] | CloudError> {
  const offer = SERVICES.find(({ operations }) => operations.includes(operation))
  if (!offer) return Promise.resolve([])
  const keptBy = KEPT.get(call) ?? memo(MAX_FLEETS, (): Kept => ({}))
  KEPT.set(call, keptBy)
  const { account = '', region } = run.target
  const kept = keptBy([offer.service.name, account, region].join('/'))
  const nowMs = clock()
  if (!kept.list || Math.abs(nowMs - kept.list.readAtMs) > KEPT_MS) {
    const list = { readAtMs: nowMs, members: readFleet(read, offer.fleet) }
    kept.list = list
    // A failure is not kept.
    list.members.catch(() => kept.list === list && delete kept.list)
  }
  const { members } = kept.list
  return orCloudError(() => members)
}
