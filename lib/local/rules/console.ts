import type { Environment } from '../cloud-settings.ts'

/** Everything that `npm run rules` has from outside. */
export interface Console {
  /** The folder that files are relative to. */
  root: string
  environment: Environment
  nowMs: number
  readInput: () => Promise<string>
  /** Takes one line or several, without the last line break. */
  out: (text: string) => void
  err: (text: string) => void
}

export const EXIT = { ok: 0, error: 1, usage: 2, noRun: 3 } as const

/** The command was called wrongly. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
