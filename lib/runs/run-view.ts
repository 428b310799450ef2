import * as z from 'zod'
import { Run } from './run.ts'

/** A run as users see it, without the bookkeeping. */
export const RunView = z.object(
  Run.omit({
    kind: true,
    version: true,
    fingerprint: true,
    batchFingerprint: true,
    batchSize: true,
    due: true,
    dueAt: true,
    expiresAtSeconds: true,
    deadLetters: true,
    busyAnswers: true,
    limits: true,
    stateRefusals: true,
    freeSince: true,
    insists: true,
    mayArriveUntil: true,
    sendByAt: true,
    sawWork: true,
    preparation: true,
    proofs: true,
    rearms: true,
    lateLooks: true,
  }).extend({
    deadLetters: z
      .number()
      .int()
      .optional()
      .describe('How many of its messages ended in a dead-letter queue, if any did'),
    warnings: z
      .array(z.string())
      .optional()
      .describe('Limits of alarms that are used up on the resource, as `POST /runs` found them'),
  }).shape,
)
export type RunView = z.infer<typeof RunView>

const VIEWED = new Set(Object.keys(RunView.shape).filter((name) => name !== 'deadLetters' && name !== 'warnings'))

export function viewOf(run: Run): RunView {
  const view = Object.fromEntries(Object.entries(run).filter(([name]) => VIEWED.has(name))) as RunView // its own fields
  return run.deadLetters > 0 ? { ...view, deadLetters: run.deadLetters } : view
}

/** A run in a list: without its baseline and its timeline, which may be large. */
export function listedViewOf(run: Run): Omit<RunView, 'baseline' | 'timeline'> {
  const { baseline, timeline, ...view } = viewOf(run)
  return view
}
