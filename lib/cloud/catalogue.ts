import {
  instanceFlush,
  instanceRestart,
  instanceSoftRestart,
  instanceStart,
  instanceStop,
  instanceSwap,
  nodeStart,
  nodeStop,
} from './huawei/dcs.ts'
import type { LifecycleOperation } from './lifecycle.ts'

/** Every operation that a run can carry out, by name. A new one is declared beside its product and added here. */
export const CATALOGUE: ReadonlyMap<string, LifecycleOperation> = new Map(
  [
    nodeStart,
    nodeStop,
    instanceSwap,
    instanceRestart,
    instanceSoftRestart,
    instanceFlush,
    instanceStop,
    instanceStart,
  ].map((operation: LifecycleOperation) => [operation.name, operation]),
)
