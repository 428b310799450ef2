import type { Pace } from '../clock.ts'

/** What a sandbox thread needs to know before it loads its handler. */
export interface SandboxData {
  file: string
  exportName: string
  functionName: string
  functionArn: string
  memoryMb: number
  /** Of its clock. */
  pace: Pace
}

/** To the thread: one invocation. The event is JSON, as in Lambda; the deadline is in epoch milliseconds of the machine's clock. */
export interface SandboxRequest {
  requestId: string
  event: string
  deadlineMs: number
}

/** From the thread. The result is JSON; `undefined` is what a handler gives that returns nothing. */
export type SandboxReply =
  | { type: 'ready' }
  | { type: 'result'; result: string | undefined }
  | { type: 'error'; errorType: string; message: string }
