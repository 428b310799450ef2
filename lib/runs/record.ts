import * as z from 'zod'

/**
 * The schema of a stored record, or of a part of one. It keeps what it does not know: another release may have added it, and
 * reads it again after a rollout or a rollback. The type has only what this release knows.
 */
export function record<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape) as unknown as z.ZodObject<Shape> // the same but for the index signature
}
