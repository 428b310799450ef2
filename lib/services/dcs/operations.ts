import type { ServiceOffer } from '../lifecycle.ts'
import { listFleet } from './fleet.ts'
import { INSTANCE_OPERATIONS } from './operations/instances.ts'
import { MASTER_OPERATIONS } from './operations/masters.ts'
import { NODE_OPERATIONS } from './operations/nodes.ts'
import { DCS } from './service.ts'

/**
 * Distributed Cache Service (Redis). All operations are `once`: DCS takes no idempotency token, and a second call meets the work of
 * the first.
 */
export const dcs: ServiceOffer = {
  service: DCS,
  operations: [...NODE_OPERATIONS, ...MASTER_OPERATIONS, ...INSTANCE_OPERATIONS],
  fleet: listFleet,
}
