import * as z from 'zod'
import type { QueueName } from './messages.ts'

export const State = z.enum([
  'queued',
  'attached',
  'submitting',
  'tracking',
  'verifying',
  'succeeded',
  'failed',
  'timed-out',
  'cancelled',
  'refused',
  'unknown',
])
export type State = z.infer<typeof State>

/** The instants of a run that its deadlines hang on (ISO 8601). */
interface Instants {
  deadlineAt: string
  sentAt?: string | undefined
}

interface Waiting {
  becomes: readonly State[]
  /** The queue whose message brings it on: what the sweeper sends where that was lost. */
  queue: QueueName
  /** How it ends where it has not ended by then: after a last look, if only anybody can look. */
  onDeadline: { as: 'timed-out' | 'unknown'; at: (run: Instants) => string }
}

/** Looking for what became of a call takes minutes. */
const SOUGHT_MS = 10 * 60_000

const byDeadline = { as: 'timed-out', at: ({ deadlineAt }: Instants) => deadlineAt } as const
const soughtInVain = {
  as: 'unknown',
  at: ({ sentAt, deadlineAt }: Instants) =>
    sentAt ? new Date(Date.parse(sentAt) + SOUGHT_MS).toISOString() : deadlineAt,
} as const

/**
 * Every state, the changes that can happen, and its deadline. `queued` waits to be sent (also for a busy resource, or for
 * another run); `attached` waits for the live run of the same wish; `submitting` = the intent is written and the call may
 * be on its way, or its answer was lost; `tracking` = the provider took it on; `verifying` = the provider says done, the
 * resource must show it. What is not here cannot happen; staying in a state is no change of it.
 */
const STATES = {
  queued: {
    becomes: ['attached', 'submitting', 'failed', 'refused', 'timed-out', 'cancelled'],
    queue: 'submissions',
    onDeadline: byDeadline,
  },
  attached: {
    becomes: ['queued', 'succeeded', 'failed', 'timed-out', 'cancelled', 'unknown'],
    queue: 'polls',
    onDeadline: byDeadline,
  },
  submitting: {
    becomes: ['queued', 'tracking', 'verifying', 'failed', 'unknown'],
    queue: 'submissions',
    onDeadline: soughtInVain,
  },
  tracking: {
    becomes: ['verifying', 'succeeded', 'failed', 'timed-out', 'unknown'],
    queue: 'polls',
    onDeadline: byDeadline,
  },
  verifying: {
    becomes: ['succeeded', 'failed', 'timed-out', 'unknown'],
    queue: 'polls',
    onDeadline: byDeadline,
  },
  succeeded: 'final',
  failed: 'final',
  'timed-out': 'final',
  cancelled: 'final',
  refused: 'final',
  unknown: 'final',
} as const satisfies Record<State, Waiting | 'final'>

export type FinalState = { [S in State]: (typeof STATES)[S] extends 'final' ? S : never }[State]
export type LiveState = Exclude<State, FinalState>

export function isFinal(state: State): state is FinalState {
  return STATES[state] === 'final'
}

export function mayBecome(from: State, to: State): boolean {
  const rules: Waiting | 'final' = STATES[from]
  return rules !== 'final' && rules.becomes.includes(to)
}

/** How a run that has not ended goes on, and how it ends at the latest. */
export function rulesOf(state: LiveState): Waiting {
  return STATES[state]
}
