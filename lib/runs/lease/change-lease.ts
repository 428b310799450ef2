import type { Lease, RecordPorts } from '../ports.ts'

export type LeasePorts = Pick<RecordPorts, 'store' | 'clock'>

/** The lease to write; or, where nothing is written, what the caller gets instead. */
export type LeaseChange<Instead> = { lease: Lease } | { instead: Instead } | 'unchanged'

/** Other workers may be faster. The sweeper continues what fails even so. */
const MAX_ATTEMPTS = 12

/**
 * Changes a lease by one conditional write, decided again where another worker was faster.
 * @throws {Error} where that happens again and again
 */
export async function changeLease<Instead>(
  ports: LeasePorts,
  resource: string,
  change: (lease: Lease) => Promise<LeaseChange<Instead>>,
): Promise<Instead | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const now = new Date(ports.clock()).toISOString()
    const lease = (await ports.store.getLease(resource)) ?? { resource, until: now, waiting: [], version: 0 }
    const wanted = await change(lease)
    if (wanted === 'unchanged') return undefined
    if ('instead' in wanted) return wanted.instead
    // A lease without a holder is kept for a while from its last change on.
    const until = wanted.lease.holder ? wanted.lease.until : now
    if (await ports.store.saveLease({ ...wanted.lease, until, version: lease.version + 1 })) return undefined
  }
  throw new Error(`lease of ${resource}: other workers were faster ${MAX_ATTEMPTS} times`)
}
