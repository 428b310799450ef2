import { CloudError, type ErrorKind } from '../../../cloud/errors.ts'
import { jsonText } from '../../../cloud/json.ts'
import { TASKS_A_PAGE, type Task, type Tasks } from './tasks.ts'

/** What the two lists of tasks, that of an instance and that of the project, say together. */

export interface TaskList {
  tasks: Task[]
  /** Why there may be more. */
  gap?: string
}

/** With these looking again does not help: some instances, and some regions, have no such list. */
const FOR_GOOD: ReadonlySet<ErrorKind> = new Set(['invalid', 'unsupported', 'denied', 'not-found'])

/** More tasks than a project has begun in the minutes that are asked for. */
const MAX_PAGES = 10

/**
 * All pages of a list: in what order tasks come is not documented.
 * @param page read from a row on
 * @throws {CloudError} where looking again may help
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
    if (!(error instanceof CloudError && FOR_GOOD.has(error.facts.kind))) throw error
    return { tasks: [...found.values()], gap: `NO LIST OF TASKS: ${error.facts.code ?? error.facts.kind}` }
  }
}

/**
 * Of the two lists those tasks that may be of the instance, each once, with what either tells of it: the instance's own
 * list need not tell the job, and that of the project need not tell the instance.
 */
export function mergeTaskLists(
  instanceId: string,
  ofInstance: Task[],
  ofProject: Task[],
): { task: Task; isOurs: boolean }[] {
  const inProject = new Map(ofProject.map((task) => [task.id, task]))
  const own = ofInstance.map((task) => ({
    task: { ...inProject.get(task.id), ...knownFieldsOf(task) } as Task,
    isOurs: true,
  }))
  const ids = new Set(ofInstance.map(({ id }) => id))
  const others = ofProject
    .filter(({ id }) => !ids.has(id))
    .map((task) => ({ task, instance: instanceIn(task) }))
    .filter(({ instance }) => instance === undefined || instance === instanceId)
    .map(({ task, instance }) => ({ task, isOurs: instance !== undefined }))
  return [...own, ...others]
}

/** Without what is null. */
function knownFieldsOf(task: Task): Partial<Task> {
  return Object.fromEntries(Object.entries(task).filter(([, value]) => value !== null && value !== undefined))
}

/** `"instance_id":"<UUID>"`, whether `params` is an object or, as documented, text, which may be JSON in JSON. */
const INSTANCE = /instance_?id[\s"'\\]*[:=][\s"'\\]*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i

function instanceIn({ params }: Task): string | undefined {
  return INSTANCE.exec(jsonText(params))?.[1]?.toLowerCase()
}
