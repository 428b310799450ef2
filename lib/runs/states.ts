import * as z from 'zod/mini'
import type { QueueName } from './messages.ts'

export const State = z
  .enum([
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
  .check(z.describe('How far a run has come, or how it ended'))
export type State = z.infer<typeof State>

/** The instants of a run that its deadlines depend on (ISO 8601). */
interface Instants {
  deadlineAt: string
  sentAt?: string | undefined
}

interface LiveRules {
  becomes: readonly State[]
  /** The queue whose message continues the run. The sweeper sends that message where it was lost. */
  queue: QueueName
  onDeadline: {
    /** When it ends at the latest (ISO 8601). */
    at: (run: Instants) => string
    as: 'timed-out' | 'unknown'
    /** The cloud, or the run that it joined, is observed once more before it ends. */
    afterObservation: boolean
  }
}

/** Reconciling takes minutes: a request may arrive late, and its work may show later still. */
const RECONCILE_MS = 10 * 60_000

const deadline = ({ deadlineAt }: Instants): string => deadlineAt

const reconciled = ({ sentAt, deadlineAt }: Instants): string =>
  sentAt ? new Date(Date.parse(sentAt) + RECONCILE_MS).toISOString() : deadlineAt

/** Every state, every change that can happen, and every deadline. Staying in a state is no change of it. */
const STATES = {
  /** Waits to be sent, perhaps for a busy resource or for another run. */
  queued: {
    becomes: ['attached', 'submitting', 'failed', 'refused', 'timed-out', 'cancelled'],
    queue: 'submissions',
    onDeadline: { at: deadline, as: 'timed-out', afterObservation: false },
  },
  /** Waits for the live run of the same request. */
  attached: {
    becomes: ['queued', 'succeeded', 'failed', 'timed-out', 'cancelled', 'unknown'],
    queue: 'polls',
    onDeadline: { at: deadline, as: 'timed-out', afterObservation: true },
  },
  /** The intent is written: the call may be on its way, or its answer was lost. */
  submitting: {
    becomes: ['queued', 'tracking', 'verifying', 'failed', 'unknown'],
    queue: 'submissions',
    onDeadline: { at: reconciled, as: 'unknown', afterObservation: true },
  },
  /** The provider accepted it. */
  tracking: {
    becomes: ['verifying', 'succeeded', 'failed', 'timed-out', 'unknown'],
    queue: 'polls',
    onDeadline: { at: deadline, as: 'timed-out', afterObservation: true },
  },
  /** The provider reports it as done; the resource must show it. */
  verifying: {
    becomes: ['succeeded', 'failed', 'timed-out', 'unknown'],
    queue: 'polls',
    onDeadline: { at: deadline, as: 'timed-out', afterObservation: true },
  },
  succeeded: 'final',
  failed: 'final',
  'timed-out': 'final',
  cancelled: 'final',
  refused: 'final',
  unknown: 'final',
} as const satisfies Record<State, LiveRules | 'final'>

export type FinalState = { [S in State]: (typeof STATES)[S] extends 'final' ? S : never }[State]
export type LiveState = Exclude<State, FinalState>

export function isFinal(state: State): state is FinalState {
  return STATES[state] === 'final'
}

export function mayBecome(from: State, to: State): boolean {
  const rules: LiveRules | 'final' = STATES[from]
  return rules !== 'final' && rules.becomes.includes(to)
}

/** How a run that has not ended continues, and how it ends at the latest. */
export function rulesOf(state: LiveState): LiveRules {
  return STATES[state]
}
