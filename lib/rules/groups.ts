import * as z from 'zod'
import { DEFAULT_STORM, EVERYTHING, type Group as GuardedGroup, type Storm } from '../runs/guards/settings.ts'
import { Duration } from './limits.ts'
import { Patterns } from './pattern.ts'
import { Windowed, windowsOf } from './window-fields.ts'

/** `groups`: resources that fall together, or must not. */

const whole = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error }).optional()
}

/** All that are counted are in one record. */
const MAX_COUNTED = 100

/** As many as the cloud is asked to list. */
const MAX_FLEET = 10_000

const STORM = 'must be off, or such as { resources: 10, within: 5m, calm: 15m }'

/** A field that is absent is as in `defaults`, or as built in. */
export const StormSetting = z.union(
  [
    z.literal('off'),
    z.strictObject({
      resources: whole(1, MAX_COUNTED).describe('More distinct resources that ask within the time are a storm'),
      within: Duration.refine((ms) => ms > 0, 'must be 1m at least')
        .optional()
        .describe('The time in which they ask, e.g. 5m'),
      calm: Duration.optional().describe('It ends when it has been calm for so long, e.g. 15m'),
    }),
  ],
  { error: STORM },
)
export const STORM_SAYS = 'off, or when everything automatic stops, e.g. { resources: 10, within: 5m, calm: 15m }'
type StormSetting = z.infer<typeof StormSetting>

const Group = z.strictObject({
  resources: Patterns,
  maxAtOnce: whole(1, MAX_COUNTED).describe('So many of its resources may be worked on at once, by runs of all rules'),
  maxPercent: whole(1, 100).describe('The same as a share of its resources, as the cloud lists them'),
  minHealthy: whole(1, MAX_FLEET).describe('So many others of them must be well before a run is sent'),
  storm: StormSetting.optional().describe(STORM_SAYS),
  ...Windowed,
})

export const Groups = z.record(z.string(), Group)
export type Groups = z.infer<typeof Groups>

/** The groups as the engine takes them, with the one of all resources. */
export function groupsFor(groups: Groups, storm: StormSetting | undefined): Record<string, GuardedGroup> {
  const byDefault = stormFrom(storm ?? {}, DEFAULT_STORM)
  const base = byDefault === 'off' ? DEFAULT_STORM : byDefault
  const own = Object.entries(groups).map(([name, { resources, storm: setting, only, never, outside, ...limits }]) => [
    name,
    {
      resources: [resources].flat(),
      ...limits,
      ...windowsOf({ only, never, outside }),
      ...(setting === undefined ? {} : { storm: stormFrom(setting, base) }),
    },
  ])
  return { ...Object.fromEntries(own), [EVERYTHING]: { resources: ['*'], storm: byDefault } }
}

function stormFrom(setting: StormSetting, base: Storm): Storm | 'off' {
  if (setting === 'off') return setting
  const { resources = base.resources, within = base.withinMs, calm = base.calmMs } = setting
  return { resources, withinMs: within, calmMs: calm }
}
