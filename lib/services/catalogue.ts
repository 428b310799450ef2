import { DCS_OPERATIONS } from './dcs/operations.ts'
import { EMR_OPERATIONS } from './emr/operations.ts'
import type { LifecycleOperation } from './lifecycle.ts'

/** Every operation that a run can carry out, by name. */
export const CATALOGUE: ReadonlyMap<string, LifecycleOperation> = new Map(
  [...DCS_OPERATIONS, ...EMR_OPERATIONS].map((operation) => [operation.name, operation]),
)
