import type { LifecycleOperation } from '../services/lifecycle.ts'
import type { Run } from './run.ts'

/** The class of an order: those of one class take about as long. Empty where all orders of the operation do. */
export function sizeClassOf(
  { tracking }: LifecycleOperation,
  { target, params, baseline }: Pick<Run, 'target' | 'params' | 'baseline'>,
): Pick<Run, 'sizeClass'> {
  return tracking.sizeClass ? { sizeClass: tracking.sizeClass({ target, params, baseline }) } : {}
}
