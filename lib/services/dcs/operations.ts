import type { LifecycleOperation } from '../lifecycle.ts'
import { INSTANCE_OPERATIONS } from './instances.ts'
import { MASTER_OPERATIONS } from './masters.ts'
import { NODE_OPERATIONS } from './nodes.ts'

/**
 * The lifecycle operations of Distributed Cache Service (Redis), in the order in which they are shown.
 *
 * All are `once`: DCS takes no idempotency token, and a second call finds the first one's work under way.
 */
export const DCS_OPERATIONS: readonly LifecycleOperation[] = [
  ...NODE_OPERATIONS,
  ...MASTER_OPERATIONS,
  ...INSTANCE_OPERATIONS,
]
