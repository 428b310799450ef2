import * as z from 'zod/mini'

/**
 * The schema of a stored record, or of a part of one. It keeps unknown fields, for another release may have added them and reads
 * them again after a rollout or a rollback. The type has only the fields that this release knows.
 */
export function record<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodMiniObject<Shape> {
  return z.looseObject(shape) as unknown as z.ZodMiniObject<Shape> // equal except for the index signature
}
