import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import { brief, type Read } from '../tracking.ts'
import type { Before } from './instance-status.ts'
import { showInstance, workOn } from './reads.ts'
import { type Action, fitnessOf } from './states.ts'
import type { DcsTarget } from './target.ts'

/** The option of what may be asked for while a backup is made. */
export const RestartParams = z.strictObject({
  cancelBackup: z.optional(
    z.boolean().check(z.describe('goes ahead while a backup is made, which the restart cancels; else it waits')),
  ),
})

/**
 * Whether an operation may be sent to an instance as it is: DCS refuses it else, as it refuses what it is too busy for, and what
 * is asked for again and again is carried out when somebody has changed that state for another reason.
 */
export function gate(operation: string, action: Action) {
  /** @throws {CloudError} `busy` while something works on it; `invalid` where it cannot be, or is so already */
  return async (read: Read, { instanceId }: DcsTarget, params: unknown): Promise<z.infer<typeof Before>> => {
    const shown = await read(showInstance, { instanceId })
    const status = brief(shown.status.toUpperCase()) || 'NO VALUE'
    const fitness = fitnessOf(action, status)
    const work = workOn(shown)
    const isInTheWay =
      work !== undefined && !(/backup/i.test(work) && RestartParams.safeParse(params).data?.cancelBackup)
    if (fitness === 'already') throw refusal(operation, `the instance is ${status} already: there is nothing to do`)
    if (fitness === 'impossible')
      throw refusal(operation, `the instance is ${status}: that cannot be done in this state`)
    if (fitness === 'wait' || isInTheWay) {
      const what = `the instance is at work: ${brief([status, work].filter(Boolean).join(', '))}`
      throw new CloudError({ operation, kind: 'busy', change: 'none', what })
    }
    return { status: shown.status, ...(work ? { work } : {}) }
  }
}

function refusal(operation: string, what: string): CloudError {
  return new CloudError({ operation, kind: 'invalid', change: 'none', what })
}
