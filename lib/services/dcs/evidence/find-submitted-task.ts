import { brief, type Evidence, type Facts, ownSinceMs, type Read } from '../../tracking.ts'
import { JobId } from '../reads.ts'
import { mergeTaskLists, readTaskList, type TaskList } from './task-lists.ts'
import { listInstanceTasks, listTasks, type Task } from './tasks.ts'

/** Finds, among the tasks that the cloud lists, the one of an intent whose answer was lost. */

export interface TaskSearch {
  submitted?: SubmittedTask
  /** The task in the cloud's words, or the reason why none may have been found. */
  observed: string
}

interface SubmittedTask {
  stage: Stage
  /** The provider's job, where the task is linked to one. */
  jobId?: string
}

/** `other`: its status is not known. */
type Stage = 'working' | 'succeeded' | 'failed' | 'other'

/**
 * Lead of our clock over the cloud's that is allowed for: by it the task may seem older than its intent. With a larger
 * difference signatures are refused (https://github.com/huaweicloud/huaweicloud-sdk-java-v3/issues/44).
 */
const CLOCK_LEAD_MS = 15 * 60_000

/**
 * Searches the tasks of the instance, and the task center for the job of each (see `mergeTaskLists`).
 * @param name matches the names of such tasks
 * @throws {CloudError} where another attempt may help
 */
export async function findSubmittedTask(
  read: Read,
  facts: Facts<{ instanceId: string }>,
  name: RegExp,
): Promise<TaskSearch> {
  const { target, sentAtMs } = facts
  const { instanceId } = target
  const sinceMs = sentAtMs - CLOCK_LEAD_MS
  const [ofInstance, ofProject] = await Promise.all([
    readTaskList((offset) => read(listInstanceTasks, { instanceId, sinceMs, offset })),
    readTaskList((offset) => read(listTasks, { sinceMs, offset })),
  ])
  const candidates = mergeTaskLists(instanceId, ofInstance.tasks, ofProject.tasks).map(({ task, isOfInstance }) => ({
    task,
    relevance: relevanceOf({ task, isOfInstance, isNamed: name.test(task.name ?? '') }, ownSinceMs(facts)),
  }))
  const [submitted] = candidates
    .filter(({ relevance }) => relevance === 'own')
    .map(({ task }) => task)
    .sort((a, b) => (createdMs(a) ?? sentAtMs) - (createdMs(b) ?? sentAtMs))
  if (submitted) {
    return { submitted: { stage: stageOf(submitted), ...jobOf(submitted) }, observed: taskText(submitted) }
  }
  const doubtful = candidates.find(({ relevance }) => relevance === 'doubt')
  const doubt = doubtful ? taskText(doubtful.task) : gapOf(ofInstance, ofProject)
  return { observed: doubt ?? 'NO TASK LISTED' }
}

/** The evidence for an operation that is tracked by its job: without the job it counts as not found. @param resourceState in the cloud's words */
export function evidenceByJob({ submitted, observed }: TaskSearch, resourceState: string): Evidence {
  if (submitted?.jobId) return { begun: 'working', jobId: submitted.jobId, observed }
  return { unclear: brief(`${resourceState}, ${observed}${submitted ? ', NO JOB' : ''}`) }
}

function jobOf({ job_id }: Task): { jobId?: string } {
  const jobId = JobId.safeParse(job_id).data
  return jobId ? { jobId } : {}
}

function gapOf(...lists: TaskList[]): string | undefined {
  return lists.find(({ gap }) => gap)?.gap
}

type Age = 'since' | 'before' | 'undated'
type Relevance = 'own' | 'doubt' | 'none'

/**
 * Work on an instance that was free belongs to the intent, unless a parsable time shows that it is older. An older task may still
 * be the intent's if a clock is wrong, but not if it has ended: then its work is in the baseline.
 */
const RELEVANCE: Readonly<Record<Age, Record<Stage, Relevance>>> = {
  since: { working: 'own', succeeded: 'own', failed: 'own', other: 'own' },
  undated: { working: 'own', succeeded: 'doubt', failed: 'doubt', other: 'doubt' },
  before: { working: 'doubt', succeeded: 'none', failed: 'none', other: 'doubt' },
}

interface Candidate {
  task: Task
  isOfInstance: boolean
  isNamed: boolean
}

function relevanceOf({ task, isOfInstance, isNamed }: Candidate, sinceMs: number): Relevance {
  const relevance = RELEVANCE[ageOf(task, sinceMs)][stageOf(task)]
  if (isNamed && isOfInstance) return relevance
  // The task may be of our instance.
  if (isNamed) return relevance === 'none' ? 'none' : 'doubt'
  // The task may have another name: names are an open set.
  return isOfInstance && relevance === 'own' ? 'doubt' : 'none'
}

function ageOf(task: Task, sinceMs: number): Age {
  const ms = createdMs(task)
  if (ms === undefined) return 'undated'
  return ms >= sinceMs ? 'since' : 'before'
}

/** Parses only a time with a zone: without one it may be Beijing's. */
function createdMs({ created_at }: Task): number | undefined {
  const ms = /(Z|[+-]\d\d:?\d\d)$/.test(created_at ?? '') ? Date.parse(created_at ?? '') : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

/** Only SUCCESS is documented; the others are from jobs, and from tasks of other services of the same platform. */
const STAGES: Readonly<Record<string, Stage>> = {
  SUCCESS: 'succeeded',
  FAIL: 'failed',
  FAILED: 'failed',
  INIT: 'working',
  RUNNING: 'working',
  CREATED: 'working',
  EXECUTING: 'working',
}

function stageOf({ status }: Task): Stage {
  const observed = status?.trim().toUpperCase() ?? ''
  return Object.hasOwn(STAGES, observed) ? (STAGES[observed] ?? 'other') : 'other'
}

function taskText({ name, status }: Task): string {
  return brief(`TASK ${name?.slice(0, 40) ?? 'WITHOUT NAME'} ${status ?? ''}`)
}
