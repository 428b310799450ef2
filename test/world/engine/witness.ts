import type { Scope, Worker } from './current.ts'
import type { Item } from './expressions.ts'
import type { Target } from './targets.ts'

/** A promise that was broken. */
export interface Violation {
  property: string
  seen: string
  runs: string[]
}

/** One change that a cloud was asked for. */
export interface Sent {
  runId: string
  operation: string
  resource: string
  at: number
  /** It was made, really. */
  effective: boolean
  /** What came of it in the end: only then it is true that the work was done. */
  work: Work | undefined
}

/** What a cloud is really doing. */
export interface Work {
  /** Whose it is: a run's, or somebody's at the console. */
  runId: string
  operation: string
  begunAt: number
  until: number
  /** Until then, the resource may show what it showed before. */
  hiddenUntil: number
  /** It ends without having changed what it should. */
  fails: boolean
}

/** Sees everything as it happens, and what is true, not what is said. */
export interface Witness {
  written(before: Item | undefined, after: Item | undefined, by: Scope): void
  /** A write drops what another release wrote. */
  forgot(id: string, lost: readonly string[]): void
  /** A change is about to be sent. */
  sending(target: Target, operation: string, by: Scope): void
  /** A change has arrived; `underway` is what the cloud was doing then. */
  arrived(sent: Sent, underway: Work | undefined): void
  /** It was refused in a way that says that nothing has begun, and whoever sent it has heard that. */
  refusedClearly(runId: string): void
  /** A read was answered, and whoever asked has heard the answer. */
  answered(by: Scope, operation: string, answer: { input: unknown; output: unknown }): void
  /** An event reaches the topic. */
  published(type: string, runId: string | undefined): void
  /** A sweep is over, or out of time. */
  swept(by: Worker, begunAt: number): void
  /** A message was sent while another was handled, or none. */
  posted(body: string, by: Scope): void
  /** A handler says that a message failed. @param delivery queue, message, and how often it was received */
  failed(delivery: string): void
  /** A message was deleted: nobody will see it again. */
  deleted(delivery: string, runIds: string[]): void
  /** A queue gave a message up. */
  deadLetters(body: string, runIds: string[]): void
  /** Something was asked that AWS refuses, or cuts. */
  refused(why: string): void
  violations: Violation[]
  /** Breaks a promise. */
  broken(property: string, seen: string, ...runs: string[]): void
}
