import { didYouMean } from '../basics/nearest.ts'
import type { Windows } from '../runs/guards/calendar.ts'
import type { WindowedRule } from './window-fields.ts'

/** The faults of the windows that a rule or a group names. The paths start there. */
export function windowErrors(
  { only = [], never = [], outside }: WindowedRule,
  windows: Windows,
): { path: (string | number)[]; message: string }[] {
  const known = Object.keys(windows)
  const unknown = Object.entries({ only, never }).flatMap(([field, names]) =>
    names.flatMap((name, index) =>
      Object.hasOwn(windows, name)
        ? []
        : [{ path: [field, index], message: `${field}: window ${didYouMean(name, known)}` }],
    ),
  )
  const both = only.flatMap((name, index) =>
    never.includes(name) ? [{ path: ['only', index], message: `only: ${name} is in never as well` }] : [],
  )
  const isIdle = outside !== undefined && only.length + never.length === 0
  const idle = isIdle ? [{ path: ['outside'], message: 'outside: needs only or never' }] : []
  return [...unknown, ...both, ...idle]
}
