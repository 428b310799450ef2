import * as z from 'zod/mini'
import { operation } from '../../../cloud/operation.ts'
import { dcsApi, OfInstance, stamp } from '../reads.ts'

/**
 * The cloud's own lists of tasks, by which a run whose answer was lost is reconciled. For some operations only it is documented
 * that they are listed; the order of tasks is not documented.
 */

const Task = z.object({
  id: z.string(),
  /** An open set of names. `masterStandbySwapJob` is the only documented one of our operations. */
  name: z.nullish(z.string()),
  /** Only `SUCCESS` is documented. */
  status: z.nullish(z.string()),
  /** Undocumented text; the only field in which the task center may name the instance. */
  params: z.optional(z.unknown()),
  /** The job of the operation. By the SDKs, the tasks of one instance do not have it. */
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

/** The API allows 1,000. */
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
