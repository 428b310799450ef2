import * as z from 'zod'
import { CATALOGUE } from '../services/catalogue.ts'
import { Duration, SETTLE_MS } from './limits.ts'

/** The steps of a rule: the gentle one first, and the next only where the alarm still fires. */

export const RungRule = z.strictObject({
  run: z.string().meta({ description: 'The operation', enum: [...CATALOGUE.keys()] }),
  params: z.record(z.string(), z.unknown()).optional().describe('Options of the operation'),
  settle: Duration.optional().describe('After its end, the alarm has so long to resolve, e.g. 5m'),
  allowDataLoss: z.boolean().optional().describe('Required for an operation that deletes data by design'),
  approval: z.literal('required').optional().describe('A person must approve this step'),
})
export type RungRule = z.infer<typeof RungRule>

/** More steps are no ladder. */
const MAX_RUNGS = 5

export const Ladder = z.array(RungRule).min(2, 'needs two steps at least; one step is `run:`').max(MAX_RUNGS)

interface Stepped {
  run?: string | undefined
  params?: RungRule['params']
  settle?: number | undefined
  allowDataLoss?: boolean | undefined
  ladder?: RungRule[] | undefined
}

/** The rungs of a rule; `run:` alone is a ladder of one. */
export function rungsOf(rule: Stepped, defaults: { settle?: number | undefined } = {}) {
  const { run = '', params, settle, allowDataLoss } = rule
  const own: RungRule[] = rule.ladder ?? [{ run, params, allowDataLoss }]
  return own.map((rung) => ({ ...rung, settle: rung.settle ?? settle ?? defaults.settle ?? SETTLE_MS }))
}

/** What alone deletes data needs an approval as a later step: nobody has looked at it. */
export function needsApproval({ run, approval }: RungRule): boolean {
  return approval === 'required' || CATALOGUE.get(run)?.destroysData === true
}
