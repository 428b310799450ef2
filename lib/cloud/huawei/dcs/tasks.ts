import * as z from 'zod'
import { operation } from '../../operation.ts'
import { api, OfInstance, stamp } from './reads.ts'

/**
 * What the cloud itself has written down of work: the evidence by which a run whose answer was lost can be reconciled.
 * Which operations appear here is documented for some only.
 */

const Task = z.object({
  id: z.string(),
  /** E.g. `masterStandbySwapJob`; an open set. */
  name: z.string().nullish(),
  /** Only `SUCCESS` is documented. */
  status: z.string().nullish(),
  params: z.unknown().optional(),
  /** Links the task to the job of an operation. */
  job_id: z.string().nullish(),
  error_code: z.string().nullish(),
  created_at: z.string().nullish(),
  updated_at: z.string().nullish(),
})

const Tasks = z.object({ tasks: z.array(Task).nullish() })

/** The newest 100 tasks of the project since an instant: the task center. */
export const listTasks = operation({
  name: 'dcs.task.list',
  ...api('ListCenterTask'),
  effect: 'read',
  input: z.strictObject({ sinceMs: z.int() }),
  output: Tasks,
  request: ({ sinceMs }) => ({
    method: 'GET',
    path: '/v2/{project_id}/tasks',
    query: { start_time: stamp(sinceMs), limit: '100' },
  }),
})

/** The newest 100 background tasks of an instance since an instant. */
export const listInstanceTasks = operation({
  name: 'dcs.instance.task.list',
  ...api('ListBackgroundTask'),
  effect: 'read',
  input: OfInstance.extend({ sinceMs: z.int() }),
  output: Tasks,
  request: ({ instanceId, sinceMs }) => ({
    method: 'GET',
    path: `/v2/{project_id}/instances/${instanceId}/tasks`,
    query: { start_time: stamp(sinceMs), limit: '100' },
  }),
})
