import * as z from 'zod/mini'
import { CloudError, type ErrorKind } from '../../../cloud/errors.ts'
import {
  brief,
  type Facts,
  judge,
  type Observation,
  type Probe,
  type Read,
  type Snapshot,
  type Verdict,
} from '../../tracking.ts'
import { findSubmittedTask } from '../evidence/find-submitted-task.ts'
import { showInstance, showInstanceAtWork, workOn } from '../reads.ts'
import { meaningOf, valuesTowards } from '../states.ts'
import type { DcsTarget } from '../target.ts'
import { readJob } from './job.ts'

/** Recognises the end of work on a whole instance: by its status, and by its job or task, where one is listed. */

/** The instance's present status, and the work on it. */
export async function instanceNow(read: Read, { instanceId }: DcsTarget): Promise<Snapshot> {
  const shown = await read(showInstance, { instanceId })
  const { observed } = judge({}, shown.status)
  const work = workOn(shown)
  return {
    observed: work ? brief(`${observed}, ${work}`) : observed,
    atWork: meaningOf(observed) === 'work' || work !== undefined,
  }
}

/** The baseline of operations that are tracked by the status. */
export const InstanceBefore = z.object({
  status: z.string(),
  /** Work on the instance that the request was allowed to cancel. */
  work: z.optional(z.string()),
})

/** The instance's status during some work, and the possible names of its task. */
interface Signs {
  during: string
  task: RegExp
}

/** The end of a restart, soft restart, flush or start: RUNNING, and no work on the instance. */
export function running(signs: Signs): Probe<DcsTarget> {
  return instanceStatus(valuesTowards('running'), signs)
}

/** The end of a stop: CLOSED. */
export function stopped(signs: Signs): Probe<DcsTarget> {
  return instanceStatus(valuesTowards('stopped'), signs)
}

/** The status may lag behind the work: 120 s is twice the longest lag observed. A listed task or a job shows the end exactly. */
const UNCHANGED_SECONDS = 120

type Values = Readonly<Record<string, Verdict>>

function instanceStatus(values: Values, signs: Signs): Probe<DcsTarget> {
  const showAtWork = showInstanceAtWork(signs.during)
  return {
    name: 'instance status',
    values,
    consecutive: 2,
    unchangedSeconds: UNCHANGED_SECONDS,
    observe: async (read, facts) => {
      const job = await jobOf(read, facts)
      if (job && job.verdict !== 'done') return job
      const status = await observeStatus(read, facts, { values, during: signs.during, showAtWork })
      if (status.verdict !== 'done') return status
      // After the end of its job the status is no older one.
      if (job) return { ...status, asBefore: false, proof: `${job.proof}, and ${status.proof}` }
      return status.asBefore && !facts.sawWork ? compareWithTask(read, facts, { task: signs.task, status }) : status
    },
  }
}

async function observeStatus(
  read: Read,
  { target, baseline, sawWork, lastObserved }: Facts<DcsTarget>,
  { values, during, showAtWork }: { values: Values; during: string; showAtWork: typeof showInstance },
): Promise<Observation> {
  // Only this very work, seen just before, is looked up in a list: an older list may show earlier work of the same kind.
  const wasAtWork = sawWork && lastObserved === during
  const shown = await read(wasAtWork ? showAtWork : showInstance, { instanceId: target.instanceId })
  const status = judge(values, shown.status)
  const { observed } = status
  const work = workOn(shown)
  const before = InstanceBefore.safeParse(baseline).data
  if (work && meaningOf(observed) !== 'work') {
    return { verdict: 'pending', observed: `${observed}, ${work}`, listed: true, atWork: work !== before?.work }
  }
  // A status that no table has tells nothing of what it was before, and a broken instance may have been well a moment earlier.
  const meant = meaningOf(before?.status ?? '')
  const isComparable = meant !== undefined && meant !== 'broken'
  const asBefore = before !== undefined && (!isComparable || observed === judge(values, before.status).observed)
  // Other work may be earlier work, read late: it shows nothing about this one.
  return { ...status, asBefore, atWork: observed === during, proof: `the instance is ${observed} with no task` }
}

/** Kinds for which another attempt does not help: the job cannot be read, and the status must do. */
const NO_JOB: ReadonlySet<ErrorKind> = new Set(['not-found', 'invalid', 'unsupported', 'denied', 'input'])

async function jobOf(read: Read, { jobId }: Facts<DcsTarget>): Promise<Observation | undefined> {
  if (jobId === undefined) return undefined
  try {
    const job = await readJob(read, jobId)
    return { ...job, observed: `JOB ${job.observed}` }
  } catch (error) {
    if (error instanceof CloudError && NO_JOB.has(error.facts.kind)) return undefined
    throw error
  }
}

/** Consults the tasks where the status is as before and the instance was never seen at work. */
async function compareWithTask(
  read: Read,
  facts: Facts<DcsTarget>,
  { task, status }: { task: RegExp; status: Observation },
): Promise<Observation> {
  const { submitted, observed } = await findSubmittedTask(read, facts, task)
  if (!submitted || submitted.stage === 'other') return status
  const { stage, jobId } = submitted
  const found = { observed, listed: true, ...(jobId ? { jobId } : {}) }
  if (stage === 'working') return { ...found, verdict: 'pending' }
  if (stage === 'failed') return { ...found, verdict: 'failed' }
  return { ...status, asBefore: false, proof: `its task is listed as ended, and ${status.proof}` }
}
