import { CloudError, type ErrorKind } from '../../../cloud/errors.ts'
import { jsonText } from '../../../cloud/json.ts'
import { TASKS_A_PAGE, type Task, type Tasks } from './tasks.ts'

/** Reads and merges the two lists of tasks: the instance's and the project's. */

export interface TaskList {
  tasks: Task[]
  /** Why there may be more. */
  gap?: string
}

/** Kinds for which another attempt does not help: some instances, and some regions, have no such list. */
const FINAL: ReadonlySet<ErrorKind> = new Set(['invalid', 'unsupported', 'denied', 'not-found'])

/** More tasks than a project begins in the minutes that are read. */
const MAX_PAGES = 10

/**
 * Reads all pages of a list: the order of tasks is not documented.
 * @param page reads from a row on
 * @throws {CloudError} where another attempt may help
 */
export async function readTaskList(page: (offset: number) => Promise<Tasks>): Promise<TaskList> {
  const found = new Map<string, Task>()
  try {
    for (let number = 0, offset = 0; number < MAX_PAGES; number++) {
      const { tasks, task_count } = await page(offset)
      const count = Number.parseInt(String(task_count), 10)
      const rows = tasks?.length ?? 0
      for (const task of tasks ?? []) found.set(task.id, task)
      offset += rows
      const isAll = tasks ? rows < TASKS_A_PAGE && !(count > offset) : count === 0
      if (isAll) return { tasks: [...found.values()] }
      if (rows === 0) break
    }
    return { tasks: [...found.values()], gap: 'NOT ALL TASKS LISTED' }
  } catch (error) {
    if (!(error instanceof CloudError && FINAL.has(error.facts.kind))) throw error
    return { tasks: [...found.values()], gap: `NO LIST OF TASKS: ${error.facts.code ?? error.facts.kind}` }
  }
}

/**
 * Merges the tasks that may be of the instance, each once, with the fields of both lists: the instance's own list may lack the
 * job, and the project's list may lack the instance.
 */
export function mergeTaskLists(
  instanceId: string,
  ofInstance: Task[],
  ofProject: Task[],
): { task: Task; isOfInstance: boolean }[] {
  const inProject = new Map(ofProject.map((task) => [task.id, task]))
  const own = ofInstance.map((task) => ({
    task: { ...inProject.get(task.id), ...knownFieldsOf(task) } as Task, // the required fields are never null
    isOfInstance: true,
  }))
  const ids = new Set(ofInstance.map(({ id }) => id))
  const others = ofProject
    .filter(({ id }) => !ids.has(id))
    .map((task) => ({ task, instance: instanceIn(task) }))
    .filter(({ instance }) => instance === undefined || instance === instanceId)
    .map(({ task, instance }) => ({ task, isOfInstance: instance !== undefined }))
  return [...own, ...others]
}

/** Leaves out fields that are null. */
function knownFieldsOf(task: Task): Partial<Task> {
  return Object.fromEntries(Object.entries(task).filter(([, value]) => value !== null && value !== undefined))
}

/** `"instance_id":"<UUID>"` in `params`: an object, or, as documented, a text, which may hold JSON in JSON. */
const INSTANCE = /instance_?id[\s"'\\]*[:=][\s"'\\]*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i

function instanceIn({ params }: Task): string | undefined {
  return INSTANCE.exec(jsonText(params))?.[1]?.toLowerCase()
}
