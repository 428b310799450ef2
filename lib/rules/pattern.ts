import * as z from 'zod'
import { like } from '../basics/like.ts'

/** A text in which `*` matches any text, including none. */
export const Pattern = z.string().min(1)

/** One pattern, or several of which one must match. */
export const Patterns = z.union([Pattern, z.array(Pattern).min(1)], {
  error: ({ input }) =>
    input === undefined ? 'is missing' : 'must be a text, or a list of texts; numbers, true and false take quotes',
})
export type Patterns = z.infer<typeof Patterns>

/** Whether a text matches one of the patterns; absent patterns match every text. */
export function likeAny(patterns: Patterns | undefined, text: string): boolean {
  return [patterns ?? '*'].flat().some((pattern) => like(pattern, text))
}
