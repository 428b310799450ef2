import type * as z from 'zod/mini'
import { CloudError } from '../../../cloud/errors.ts'
import { brief, type Read } from '../../tracking.ts'
import { RestartParams } from '../params.ts'
import type { InstanceBefore } from '../probes/instance.ts'
import { showInstance, workOn } from '../reads.ts'
import { type DcsAction, fitnessOf } from '../states.ts'
import type { DcsTarget } from '../target.ts'

/**
 * Checks that an operation may be sent to an instance in its present state. DCS refuses a wrong state with the code of a busy
 * instance, and a repeated request would be carried out after somebody changed the state for another reason.
 */
export function gateFor(operation: string, action: DcsAction) {
  /** @throws {CloudError} `busy` during other work; `invalid` where the state excludes it, or is the goal already */
  return async (read: Read, { instanceId }: DcsTarget, params: unknown): Promise<z.infer<typeof InstanceBefore>> => {
    const shown = await read(showInstance, { instanceId })
    const status = brief(shown.status.toUpperCase()) || 'NO VALUE'
    const fitness = fitnessOf(action, status)
    const work = workOn(shown)
    const mayCancel = /backup/i.test(work ?? '') && RestartParams.safeParse(params).data?.cancelBackup
    const isBlocked = work !== undefined && !mayCancel
    if (fitness === 'already') throw refusal(operation, `the instance is already ${status}: nothing to do`)
    if (fitness === 'impossible') throw refusal(operation, `the instance is ${status}: not possible in this state`)
    if (fitness === 'wait' || isBlocked) {
      const what = `the instance is at work: ${brief([status, work].filter(Boolean).join(', '))}`
      throw new CloudError({ operation, kind: 'busy', change: 'none', what })
    }
    return { status: shown.status, ...(work ? { work } : {}) }
  }
}

function refusal(operation: string, what: string): CloudError {
  return new CloudError({ operation, kind: 'invalid', change: 'none', what })
}
