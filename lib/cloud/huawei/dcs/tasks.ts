import * as z from 'zod/mini'
import { operation } from '../../operation.ts'
import { api, OfInstance, stamp } from './reads.ts'

/**
 * What the cloud itself has written down of work: the evidence by which a run whose answer was lost can be reconciled.
 * Which operations appear here is documented for some only.
 */

const Task = z.object({
  id: z.string(),
  /** E.g. `masterStandbySwapJob`; an open set. */
  name: z.nullish(z.string()),
  /** Only `SUCCESS` is documented. */
  status: z.nullish(z.string()),
  params: z.optional(z.unknown()),
  /** Links the task to the job of an operation. */
  job_id: z.nullish(z.string()),
  error_code: z.nullish(z.string()),
  created_at: z.nullish(z.string()),
  updated_at: z.nullish(z.string()),
})

const Tasks = z.object({ tasks: z.nullish(z.array(Task)) })

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
  input: z.extend(OfInstance, { sinceMs: z.int() }),
  output: Tasks,
  request: ({ instanceId, sinceMs }) => ({
    method: 'GET',
    path: `/v2/{project_id}/instances/${instanceId}/tasks`,
    query: { start_time: stamp(sinceMs), limit: '100' },
  }),
})
