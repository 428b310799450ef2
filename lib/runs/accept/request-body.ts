import * as z from 'zod'
import { issueAt } from '../../basics/field-issues.ts'
import { RequestError } from '../request-error.ts'
import { Collision } from '../run.ts'
import { MAX_TARGETS } from './draft.ts'

export const Key = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')

export const Reason = z.string().max(1000)

const Target = z.record(z.string(), z.unknown())

/** The fields of a request in our own format: `POST /runs` and `run.requested`. */
export const RequestFields = {
  operation: z.string(),
  target: Target.optional(),
  targets: z.array(Target).min(1).max(MAX_TARGETS).optional().describe('Instead of `target`: one run for each'),
  params: z.record(z.string(), z.unknown()).optional(),
  reason: Reason.optional().describe('Shown with the run'),
  collision: z.optional(Collision),
  override: z
    .strictObject({ reason: Reason.min(1).describe('Why windows do not hold this time') })
    .optional()
    .describe('Sends it outside its windows, for those whom the policy allows that'),
}

/** @param field of the body that contains `target` or `targets`. @throws {RequestError} unless exactly one of the two is there */
export function targetsOf(
  { target, targets }: { target?: unknown; targets?: unknown[] | undefined },
  field: string[] = [],
): { target: unknown } | { targets: unknown[] } {
  if (target && !targets) return { target }
  if (targets && !target) return { targets }
  const message = target ? 'cannot be given together with targets' : 'is missing'
  throw new RequestError([issueAt([...field, 'target'], message)])
}
