import type * as z from 'zod/mini'
import { CloudError } from '../../../cloud/errors.ts'
import { brief, type Read } from '../../tracking.ts'
import { RestartParams } from '../params.ts'
import type { InstanceBefore } from '../probes/instance.ts'
import { showInstance, workOn } from '../reads.ts'
import { type DcsAction, fitnessOf } from '../states.ts'
import type { DcsTarget } from '../target.ts'

/**
 * Whether an operation may be sent to an instance as it is: DCS refuses it else, as it refuses what it is too busy for, and what
 * is asked for again and again is carried out when somebody has changed that state for another reason.
 */
export function gateFor(operation: string, action: DcsAction) {
  /** @throws {CloudError} `busy` while something works on it; `invalid` where it cannot be, or is so already */
  return async (read: Read, { instanceId }: DcsTarget, params: unknown): Promise<z.infer<typeof InstanceBefore>> => {
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
