import * as z from 'zod/mini'
import { LeaseRecord } from '../../runs/lease/lease-record.ts'
import type { Lease, Store } from '../../runs/ports.ts'
import { leaseExpiresAtSeconds } from '../../runs/retention.ts'
import { type DynamoTable, type Item, itemsOf } from './table.ts'

/** A lease as release 0.2.0 wrote it. */
const OldLease = z.pipe(
  z.object({
    resource: z.string(),
    runId: z.string(),
    operation: z.string(),
    acquiredAt: z.string(),
    expiresAt: z.string(),
  }),
  z.transform(({ resource, runId, operation, acquiredAt: since, expiresAt: until }) => ({
    ...{ resource, holder: { runId, operation, since }, until, waiting: [], version: 0 },
  })),
)

const LeaseItem = z.union([LeaseRecord, OldLease])

/** Leases in DynamoDB. */
export function leaseStore(table: DynamoTable): Pick<Store, 'getLease' | 'saveLease'> {
  const { read, put } = itemsOf(table)
  return {
    getLease: async (resource) => {
      const item = await read(leaseId(resource))
      return item && LeaseItem.parse(item)
    },
    // A lease of release 0.2.0 has no version.
    saveLease: (lease) =>
      lease.version === 1
        ? put(leaseItem(lease), 'attribute_not_exists(version)')
        : put(leaseItem(lease), 'version = :before', { ':before': lease.version - 1 }),
  }
}

function leaseId(resource: string): string {
  return `lease:${resource}`
}

function leaseItem(lease: Lease): Item {
  const expiresAtSeconds = leaseExpiresAtSeconds(lease)
  return { ...lease, id: leaseId(lease.resource), kind: 'lease', expiresAtSeconds }
}
