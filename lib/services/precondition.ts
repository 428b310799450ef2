import type { Read } from './tracking.ts'

/** Something that must hold before an operation is sent. Declared with the operation. */
export type Precondition<Target = unknown, Params = unknown> = PreconditionTexts &
  (
    | {
        /** @returns undefined where the request does not ask for it */
        check(read: Read, request: CheckRequest<Target, Params>): Promise<Finding | undefined>
      }
    | {
        /** The gate of the operation checks it. @returns the state that the gate read, in the cloud's own words */
        shownByGate(observed: unknown): string | undefined
      }
  )

interface PreconditionTexts {
  name: string
  /** For people: a clause that says what must hold. */
  requires: string
}

export interface CheckRequest<Target, Params> {
  target: Target
  params: Params
  /** As that of the preparation: it marks what was made for this run. */
  mark: string
  nowMs: number
  /** For a plan: the figures are read even where the request does not depend on them. */
  forPlan?: boolean
}

export interface Finding {
  /** `wait`: it may come to hold by itself. `refuse`: it will not. */
  says: 'allow' | 'wait' | 'refuse'
  /** In words. */
  reason: string
  /** In short, e.g. `1 of 2 replicas Active`. */
  figures?: string
}

/** What was found of one precondition of a request. */
export interface PreconditionVerdict extends Finding {
  guard: 'precondition'
  name: string
}
