import * as z from 'zod/mini'
import { operation } from '../../../cloud/operation.ts'
import { dcsApi, OfInstance, stamp } from '../reads.ts'

/**
 * What the cloud itself has written down of work: the evidence by which a run whose answer was lost can be reconciled.
 * Which operations appear here is documented for some only, and in what order not at all.
 */

const Task = z.object({
  id: z.string(),
  /** Of our operations only the swap, `masterStandbySwapJob`, is among the documented names; they are an open set. */
  name: z.nullish(z.string()),
  /** Only `SUCCESS` is documented. */
  status: z.nullish(z.string()),
  /** A string of undocumented content: the one place in which the task center may name the instance. */
  params: z.optional(z.unknown()),
  /** Links the task to the job of an operation. For the tasks of one instance the SDKs do not know it. */
  job_id: z.nullish(z.string()),
  error_code: z.nullish(z.string()),
  /** E.g. `2020-06-17T07:38:42.503Z`. */
  created_at: z.nullish(z.string()),
  updated_at: z.nullish(z.string()),
})
export type Task = z.infer<typeof Task>

const Tasks = z.object({
  tasks: z.nullish(z.array(Task)),
  /** Documented as a string; the sample shows a number. */
  task_count: z.nullish(z.union([z.string(), z.number()])),
})
export type Tasks = z.infer<typeof Tasks>

/** A page: up to 1,000 would be given. */
export const TASKS_A_PAGE = 100

/** `offset` counts rows. */
function pageOf(sinceMs: number, offset: number): Record<string, string> {
  return { start_time: stamp(sinceMs), offset: String(offset), limit: String(TASKS_A_PAGE) }
}

/** The tasks of the project since an instant: the task center. */
export const listTasks = operation({
  name: 'dcs.task.list',
  ...dcsApi('ListCenterTask'),
  effect: 'read',
  input: z.strictObject({ sinceMs: z.int(), offset: z.int() }),
  output: Tasks,
  request: ({ sinceMs, offset }) => ({
    method: 'GET',
    path: '/v2/{project_id}/tasks',
    query: pageOf(sinceMs, offset),
  }),
})

/** The background tasks of an instance since an instant. */
export const listInstanceTasks = operation({
  name: 'dcs.instance.task.list',
  ...dcsApi('ListBackgroundTask'),
  effect: 'read',
  input: z.extend(OfInstance, { sinceMs: z.int(), offset: z.int() }),
  output: Tasks,
  request: ({ instanceId, sinceMs, offset }) => ({
    method: 'GET',
    path: `/v2/{project_id}/instances/${instanceId}/tasks`,
    query: pageOf(sinceMs, offset),
  }),
})
