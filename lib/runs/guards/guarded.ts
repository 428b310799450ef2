import * as z from 'zod/mini'
import { Override, Verdict, WindowRule } from './verdict.ts'

/** What a run keeps of its guards. */
export const Guarded = {
  /** The windows of the rule that requested it. */
  windows: z.optional(WindowRule),
  override: z.optional(Override).check(z.describe('Who sent it outside its windows, and why')),
  notAfter: z.optional(z.iso.datetime()).check(z.describe('It is not sent later than this')),
  /** A guard makes it wait until then, and others may take its resource meanwhile. */
  heldBackUntil: z.optional(z.iso.datetime()).check(z.describe('A guard makes it wait until then at least')),
  /** It waits no more, and another run may be about to take its resource. */
  wasHeldBack: z.optional(z.boolean()),
  verdicts: z
    .optional(z.array(Verdict))
    .check(z.describe('What its guards said when they were last asked; not in lists')),
}
