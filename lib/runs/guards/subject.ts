import { like } from '../../basics/like.ts'
import type { Run } from '../run.ts'
import type { Group, GuardSettings } from './settings.ts'

export type NamedGroup = [name: string, group: Group]

/** A run, or the draft of one, as the guards see it. */
export interface Subject {
  run: Pick<Run, 'id' | 'operation' | 'resource' | 'source' | 'windows' | 'override'>
  /** An alarm asked: nobody has looked at it. */
  isAutomatic: boolean
  /** The groups that have its resource, by name. */
  groups: NamedGroup[]
  /** Every scope of a pause that includes it. */
  scopes: string[]
}

export function subjectOf(run: Subject['run'], { groups: all }: Pick<GuardSettings, 'groups'>): Subject {
  const { operation, resource, source } = run
  const groups = groupsOf(resource, all)
  const scopes = [
    'all',
    ...(source.rule === undefined ? [] : [`rule:${source.rule}`]),
    ...groups.map(([name]) => `group:${name}`),
    `resource:${resource}`,
    `operation:${operation}`,
  ]
  return { run, isAutomatic: source.kind === 'alarm', groups, scopes }
}

/** The groups that have a resource. */
export function groupsOf(resource: string, groups: GuardSettings['groups']): NamedGroup[] {
  return Object.entries(groups).filter(([, { resources }]) => resources.some((one) => like(one, resource)))
}
