import * as z from 'zod'

export const State = z.enum([
  'queued',
  'submitting',
  'tracking',
  'verifying',
  'succeeded',
  'failed',
  'timed-out',
  'refused',
  'unknown',
])
export type State = z.infer<typeof State>

/**
 * Every change of state that can happen. `queued` waits to be sent (also for a busy resource); `submitting` = the intent is
 * written and the call may be on its way; `tracking` = the provider took it on; `verifying` = the provider says done, the
 * resource must show it. What is not here cannot happen; staying in a state is no change of it.
 */
const TRANSITIONS = {
  queued: ['submitting', 'failed', 'refused', 'timed-out'],
  submitting: ['queued', 'tracking', 'failed', 'unknown'],
  tracking: ['verifying', 'succeeded', 'failed', 'timed-out', 'unknown'],
  verifying: ['succeeded', 'failed', 'timed-out', 'unknown'],
  succeeded: [],
  failed: [],
  'timed-out': [],
  refused: [],
  unknown: [],
} as const satisfies Record<State, readonly State[]>

export type FinalState = { [S in State]: (typeof TRANSITIONS)[S] extends readonly [] ? S : never }[State]

export function isFinal(state: State): state is FinalState {
  return TRANSITIONS[state].length === 0
}

export function mayBecome(from: State, to: State): boolean {
  const next: readonly State[] = TRANSITIONS[from]
  return next.includes(to)
}
