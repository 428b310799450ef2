import type { Operation } from './operation.ts'
import type { Tracking } from './tracking.ts'

/** What the provider said when it took an operation on. */
export type Acceptance = { jobId?: string } | { refused: string } | { unclear: string }

/** An operation of the catalogue: something a run can carry out. Its input is the run's target. */
export interface LifecycleOperation<Target = unknown, Output = unknown> extends Operation<Target, Output> {
  /** One line for people. */
  summary: string
  /** Whether data is lost by design, not by accident. */
  destroysData: boolean
  /** The resource that the run holds alone, e.g. `huawei/dcs/<id>`: two runs on one resource never overlap. */
  resource(target: Target): string
  /** Reads the answer to the call. */
  accepted(output: Output, target: Target): Acceptance
  tracking: Tracking<Target>
}

/** What all DCS and all EMR operations share is declared once; this keeps the types together. */
export function lifecycle<Target, Output>(
  declared: LifecycleOperation<Target, Output>,
): LifecycleOperation<Target, Output> {
  return declared
}
