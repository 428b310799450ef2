import * as z from 'zod/mini'
import { record } from '../record.ts'

/** The guards, in their one order. */
export const GUARDS = [
  'policy',
  'pause',
  'disarmed',
  'storm',
  'breaker',
  'window',
  'answered',
  'limits',
  'group',
  'precondition',
  'approval',
] as const
export type GuardName = (typeof GUARDS)[number]

/** The windows that a rule or a group names: open in one of `only`, if there are any, and in none of `never`. */
export const WindowRule = record({
  only: z.array(z.string()),
  never: z.array(z.string()),
  outside: z.enum(['wait', 'refuse']),
})
export type WindowRule = z.infer<typeof WindowRule>

/** A person sends a run outside its windows. */
export const Override = record({
  by: z.string().check(z.describe('Who overrides the windows')),
  reason: z.string().check(z.describe('Why')),
})
export type Override = z.infer<typeof Override>

/** What one guard says of a run that would be sent now. */
export const Verdict = record({
  guard: z.enum(GUARDS).check(z.describe('The guard')),
  says: z.enum(['allow', 'wait', 'refuse', 'ask']).check(z.describe('`ask`: a person must approve')),
  reason: z.string().check(z.describe('Why, with its figures')),
  until: z.optional(z.iso.datetime()).check(z.describe('Until when it waits, where that is known')),
})
export type Verdict = z.infer<typeof Verdict>

/** The one answer that follows from all verdicts. */
export type Decision = { says: 'allow' } | { says: 'wait' | 'refuse' | 'ask'; verdict: Verdict }

/** Where one refuses, the first in the order speaks; where several wait, the one that waits longest. A wait without end is longest. */
export function decisionOf(verdicts: readonly Verdict[]): Decision {
  const inOrder = verdicts.toSorted((a, b) => GUARDS.indexOf(a.guard) - GUARDS.indexOf(b.guard))
  const refusing = inOrder.find(({ says }) => says === 'refuse')
  if (refusing) return { says: 'refuse', verdict: refusing }
  const [longest] = inOrder.filter(({ says }) => says === 'wait').sort((a, b) => untilMs(b) - untilMs(a))
  if (longest) return { says: 'wait', verdict: longest }
  const asking = inOrder.find(({ says }) => says === 'ask')
  return asking ? { says: 'ask', verdict: asking } : { says: 'allow' }
}

function untilMs({ until }: Verdict): number {
  return until === undefined ? Number.MAX_VALUE : Date.parse(until)
}
