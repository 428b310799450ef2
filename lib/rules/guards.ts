import { DEFAULT_GUARDS, type GuardSettings } from '../runs/guards/settings.ts'
import { groupsFor } from './groups.ts'
import type { Rules } from './rules.ts'

/** The guards of the rules in force, as the engine takes them. */
export function guardsOf({ groups, defaults }: Pick<Rules, 'groups' | 'defaults'>): GuardSettings {
  return { ...DEFAULT_GUARDS, groups: groupsFor(groups, defaults.storm) }
}
