import * as z from 'zod'
import { like } from '../basics/like.ts'

export const Pattern = z.string().min(1).describe('`*` matches any text, including none')

export const Patterns = z
  .union([Pattern, z.array(Pattern).min(1)], {
    error: ({ input }) =>
      input === undefined ? 'is missing' : 'must be a text, or a list of texts; numbers, true and false take quotes',
  })
  .describe('One pattern, or several of which one must match; `*` matches any text, including none')
export type Patterns = z.infer<typeof Patterns>

/** Whether a text matches one of the patterns; absent patterns match every text. */
export function likeAny(patterns: Patterns | undefined, text: string): boolean {
  return [patterns ?? '*'].flat().some((pattern) => like(pattern, text))
}

/**
 * Whether every text that matches one of the specific patterns matches one of the general ones. A pattern is read as a text here:
 * it stands for all that it matches, because no pattern can name its `*`.
 */
export function covers(general: Patterns, specific: Patterns): boolean {
  return [specific].flat().every((pattern) => likeAny(general, pattern))
}
