import { DEFAULT_GUARDS, type GuardSettings } from '../runs/guards/settings.ts'
import type { Rules } from './rules.ts'

/** The guards of the rules in force, as the engine takes them. */
export function guardsOf(_rules: Rules): GuardSettings {
  return DEFAULT_GUARDS
}
