import * as z from 'zod'
import type { WindowRule } from '../runs/guards/verdict.ts'

const NAME = 'must be lower-case letters, digits and hyphens'

/** Names a window of the section `windows`. */
export const WindowName = z.string(NAME).regex(/^[a-z0-9-]{1,64}$/, NAME)

/** One name, or several. */
const WindowNames = z
  .union([WindowName, z.array(WindowName).min(1)], 'must be the name of a window, or a list of them')
  .transform((given) => [given].flat())

/** The fields of a rule, or of a group, that name windows. */
export const Windowed = {
  only: WindowNames.optional().describe('Runs start only while one of these windows is open'),
  never: WindowNames.optional().describe('No run starts while one of these windows is open'),
  outside: z
    .enum(['wait', 'refuse'], 'must be wait or refuse')
    .optional()
    .describe('What becomes of a request at another time; default: it waits'),
}

export interface WindowedRule {
  only?: string[] | undefined
  never?: string[] | undefined
  outside?: WindowRule['outside'] | undefined
}

/** The same as a field of a request. */
export function windowsOf(rule: WindowedRule): { windows?: WindowRule } {
  const windows = windowRuleOf(rule)
  return windows ? { windows } : {}
}

/** The windows of a rule or group, as the guard takes them; undefined if it names none. */
export function windowRuleOf({ only = [], never = [], outside = 'wait' }: WindowedRule): WindowRule | undefined {
  return only.length + never.length > 0 ? { only, never, outside } : undefined
}
