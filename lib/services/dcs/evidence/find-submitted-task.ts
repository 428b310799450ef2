import { brief, type Evidence, type Facts, ownSinceMs, type Read } from '../../tracking.ts'
import { JobId } from '../reads.ts'
import { mergeTaskLists, readTaskList, type TaskList } from './task-lists.ts'
import { listInstanceTasks, listTasks, type Task } from './tasks.ts'

/** Which of the tasks that the cloud lists is the work of an intent whose answer was lost. */

export interface TaskSearch {
  own?: SubmittedTask
  /** What was found, in the cloud's words; or why nothing may have been found. */
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
 * So far our clock may be ahead of the cloud's, so that the task shows from before its intent: with a clock further off
 * signatures are refused (https://github.com/huaweicloud/huaweicloud-sdk-java-v3/issues/44).
 */
const CLOCKS_MS = 15 * 60_000

/**
 * Looks through the tasks of the instance, and in the task center for the job of each: which lists what is in `merged`.
 * @param name what such a task is called
 * @throws {CloudError} where looking again may help
 */
export async function findSubmittedTask(
  read: Read,
  facts: Facts<{ instanceId: string }>,
  name: RegExp,
): Promise<TaskSearch> {
  const { target, sentAtMs } = facts
  const { instanceId } = target
  const sinceMs = sentAtMs - CLOCKS_MS
  const [ofInstance, ofProject] = await Promise.all([
    readTaskList((offset) => read(listInstanceTasks, { instanceId, sinceMs, offset })),
    readTaskList((offset) => read(listTasks, { sinceMs, offset })),
  ])
  const judged = mergeTaskLists(instanceId, ofInstance.tasks, ofProject.tasks).map((one) => ({
    ...one,
    means: relevanceOf(one, name.test(one.task.name ?? ''), ownSinceMs(facts)),
  }))
  const [own] = judged
    .filter(({ means }) => means === 'own')
    .map(({ task }) => task)
    .sort((a, b) => (createdMs(a) ?? sentAtMs) - (createdMs(b) ?? sentAtMs))
  if (own) return { own: { stage: stageOf(own), ...jobOf(own) }, observed: taskText(own) }
  const doubtful = judged.find(({ means }) => means === 'doubt')
  const doubt = doubtful ? taskText(doubtful.task) : gapOf(ofInstance, ofProject)
  return { observed: doubt ?? 'NO TASK LISTED' }
}

/** Of what is followed by its job: it is found with its job, or not at all. @param shows what the resource shows */
export function evidenceByJob({ own, observed }: TaskSearch, shows: string): Evidence {
  if (own?.jobId) return { begun: 'working', jobId: own.jobId, observed }
  return { unclear: brief(`${shows}, ${observed}${own ? ', NO JOB' : ''}`) }
}

function jobOf({ job_id }: Task): { jobId?: string } {
  const jobId = JobId.safeParse(job_id).data
  return jobId ? { jobId } : {}
}

function gapOf(...listings: TaskList[]): string | undefined {
  return listings.find(({ gap }) => gap)?.gap
}

type Age = 'since' | 'before' | 'undated'
type Relevance = 'own' | 'doubt' | 'nothing'

/**
 * What is at work on an instance that was free is the intent's; but not what a parsable time says is older. That may still
 * be it, by a clock that is off; unless it has ended, for then its work is in the baseline.
 */
const RELEVANCE: Readonly<Record<Age, Record<Stage, Relevance>>> = {
  since: { working: 'own', succeeded: 'own', failed: 'own', other: 'own' },
  undated: { working: 'own', succeeded: 'doubt', failed: 'doubt', other: 'doubt' },
  before: { working: 'doubt', succeeded: 'nothing', failed: 'nothing', other: 'doubt' },
}

function relevanceOf({ task, isOurs }: { task: Task; isOurs: boolean }, isNamed: boolean, sinceMs: number): Relevance {
  const means = RELEVANCE[ageOf(task, sinceMs)][stageOf(task)]
  if (isNamed && isOurs) return means
  // It may be of our instance.
  if (isNamed) return means === 'nothing' ? 'nothing' : 'doubt'
  // It may go by another name: they are an open set.
  return isOurs && means === 'own' ? 'doubt' : 'nothing'
}

function ageOf(task: Task, sinceMs: number): Age {
  const ms = createdMs(task)
  if (ms === undefined) return 'undated'
  return ms >= sinceMs ? 'since' : 'before'
}

/** Only of a time with a zone: without one it may be of Beijing. */
function createdMs({ created_at }: Task): number | undefined {
  const ms = /(Z|[+-]\d\d:?\d\d)$/.test(created_at ?? '') ? Date.parse(created_at ?? '') : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

/** SUCCESS is documented; the others are those of jobs, and of the tasks of other services of the same platform. */
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
