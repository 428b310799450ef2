import type { Lease, RecordPorts } from '../ports.ts'

export type Leases = Pick<RecordPorts, 'store' | 'clock'>

/** What becomes of a lease: it is written; or nothing is, and the caller hears something instead. */
export type LeaseChange<Instead> = { lease: Lease } | { instead: Instead } | 'as it is'

/** Somebody else may be faster; what is left over by then, the sweeper brings on. */
const MAX_ATTEMPTS = 12

/** Changes a lease by one conditional write, decided anew where somebody else was faster. @throws {Error} where that is so again and again */
export async function changeLease<Instead>(
  ports: Leases,
  resource: string,
  change: (lease: Lease) => Promise<LeaseChange<Instead>>,
): Promise<Instead | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const now = new Date(ports.clock()).toISOString()
    const lease = (await ports.store.getLease(resource)) ?? { resource, until: now, waiting: [], version: 0 }
    const wanted = await change(lease)
    if (wanted === 'as it is') return undefined
    if ('instead' in wanted) return wanted.instead
    // What nobody holds is kept from its last change on.
    const until = wanted.lease.holder ? wanted.lease.until : now
    if (await ports.store.saveLease({ ...wanted.lease, until, version: lease.version + 1 })) return undefined
  }
  throw new Error(`lease of ${resource}: others were faster ${MAX_ATTEMPTS} times`)
}
