import { durationText } from '../lease/limits.ts'
import type { Announcement } from './announcement.ts'
import type { Storm } from './settings.ts'

/** What people are told of a storm. */

export function beginOf(
  name: string,
  { storm, asking, since }: { storm: Storm; asking: readonly { resource: string }[]; since: string },
): Announcement {
  const { resources, withinMs, calmMs } = storm
  const count = `${asking.length} resources asked within ${durationText(withinMs)}, and ${resources} may`
  const end = `until it has been calm for ${durationText(calmMs)}, or until POST /groups/${name}/resume`
  const who = asking.map(({ resource }) => resource)
  const shown = [...who.slice(0, MAX_SHOWN), ...(who.length > MAX_SHOWN ? [`${who.length - MAX_SHOWN} more`] : [])]
  const reason = `${count}: nothing automatic is sent in group ${name} ${end}. They are ${shown.join(', ')}`
  return { type: 'storm.began', key: `group/${name}/storm.began/${since}`, of: `group/${name}`, reason, at: since }
}
const MAX_SHOWN = 20

export function endOf(
  name: string,
  { since }: { since?: string | undefined },
  { at, by, reason: why }: { at: string; by?: string; reason?: string },
): Announcement {
  const begun = `the storm in group ${name} since ${since}`
  const reason = by ? `${by} ended ${begun}: ${why}` : `${begun} has ended: alarms start runs again`
  const key = `group/${name}/storm.ended/${since}`
  return { type: 'storm.ended', key, of: `group/${name}`, reason, at, ...(by ? { by } : {}) }
}
