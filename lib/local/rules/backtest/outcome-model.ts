import { sha256 } from '../../../basics/sha256.ts'

/** What is assumed of runs that were never made. */
export interface OutcomeModel {
  /** How long each takes. */
  takesMs: number
  /** The share of runs that fail (0 to 1). */
  fails: number
  /** The share of successes that end the trouble (0 to 1): its alarms would not have come until it was resolved for an hour. */
  helps: number
  /** Another seed chooses other runs. */
  seed: number
}

export type Fate = 'fails' | 'helps' | 'changes-nothing'

/** The same run always has the same fate, whatever other runs there are. */
export function fateOf({ fails, helps, seed }: OutcomeModel, runId: string): Fate {
  if (chance(`${seed}/fails/${runId}`) < fails) return 'fails'
  return chance(`${seed}/helps/${runId}`) < helps ? 'helps' : 'changes-nothing'
}

/** A number from 0 up to, and without, 1. */
function chance(text: string): number {
  return Number.parseInt(sha256(text).slice(0, 8), 16) / 2 ** 32
}
