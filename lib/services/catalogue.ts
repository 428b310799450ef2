import { dcs } from './dcs/operations.ts'
import { emr } from './emr/operations.ts'
import type { LifecycleOperation, ServiceOffer } from './lifecycle.ts'

/** Every service. A new one needs a folder beside this file and a line here. */
export const SERVICES: readonly ServiceOffer[] = [dcs, emr]

/** Every operation that a run can carry out, by name. */
export const CATALOGUE: ReadonlyMap<string, LifecycleOperation> = new Map(
  SERVICES.flatMap(({ operations }) => operations).map((operation) => [operation.name, operation]),
)
