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
import { showInstance, workOn } from '../reads.ts'
import { meaningOf, valuesTowards } from '../states.ts'
import type { DcsTarget } from '../target.ts'
import { followJob } from './job.ts'

/** How the end of what is done to a whole instance is seen: by its status; by its job or its task, where one is listed. */

/** The instance as it is: its status, and what works on it. */
export async function instanceNow(read: Read, { instanceId }: DcsTarget): Promise<Snapshot> {
  const shown = await read(showInstance, { instanceId })
  const { observed } = judge({}, shown.status)
  const work = workOn(shown)
  return {
    observed: work ? brief(`${observed}, ${work}`) : observed,
    atWork: meaningOf(observed) === 'work' || work !== undefined,
  }
}

/** The baseline of what is followed by the status. */
export const InstanceBefore = z.object({
  status: z.string(),
  /** What worked on the instance, where that is no hindrance. */
  work: z.optional(z.string()),
})

/** What the instance shows while a work goes on, and what its tasks are called. */
interface Signs {
  shows: string
  task: RegExp
}

/** Restart, soft restart, flush and start end here: RUNNING, and nothing at work on the instance. */
export function running(signs: Signs): Probe<DcsTarget> {
  return instanceStatus(valuesTowards('running'), signs)
}

/** A stop ends here: CLOSED. */
export function stopped(signs: Signs): Probe<DcsTarget> {
  return instanceStatus(valuesTowards('stopped'), signs)
}

/**
 * The status may lag behind the work: 120 s are twice what was ever seen of it. Where the work's task is listed, or its job
 * can be read, no lag deceives: until they say that it is over, it is not.
 */
const UNCHANGED_SECONDS = 120

function instanceStatus(values: Record<string, Verdict>, signs: Signs): Probe<DcsTarget> {
  return {
    name: 'instance status',
    values,
    consecutive: 2,
    unchangedSeconds: UNCHANGED_SECONDS,
    observe: async (read, facts) => {
      const job = await jobOf(read, facts)
      if (job && job.verdict !== 'done') return job
      const status = await observeStatus(read, facts, values, signs)
      if (status.verdict !== 'done') return status
      // Its job has ended: what the instance shows now is no older state.
      if (job) return { ...status, asBefore: false, proof: `${job.proof}, and ${status.proof}` }
      return status.asBefore && !facts.sawWork ? compareWithTask(read, facts, signs, status) : status
    },
  }
}

async function observeStatus(
  read: Read,
  { target, baseline }: Facts<DcsTarget>,
  values: Record<string, Verdict>,
  { shows }: Signs,
): Promise<Observation> {
  const shown = await read(showInstance, { instanceId: target.instanceId })
  const observed = judge(values, shown.status)
  const work = workOn(shown)
  const isBusy = meaningOf(observed.observed) === 'work'
  const before = InstanceBefore.safeParse(baseline).data
  if (work && !isBusy) {
    return {
      verdict: 'pending',
      observed: `${observed.observed}, ${work}`,
      listed: true,
      atWork: work !== before?.work,
    }
  }
  const asBefore = before !== undefined && observed.observed === judge(values, before.status).observed
  // Other work may be what was there before, read late: of this one it says nothing.
  return {
    ...observed,
    asBefore,
    atWork: observed.observed === shows,
    proof: `the instance is ${observed.observed} with no task`,
  }
}

/** With these looking again does not help: the job cannot be followed, and the status must do. */
const NO_JOB: ReadonlySet<ErrorKind> = new Set(['not-found', 'invalid', 'unsupported', 'denied', 'input'])

async function jobOf(read: Read, { jobId }: Facts<DcsTarget>): Promise<Observation | undefined> {
  if (jobId === undefined) return undefined
  try {
    const seen = await followJob(read, jobId)
    return { ...seen, observed: `JOB ${seen.observed}` }
  } catch (error) {
    if (error instanceof CloudError && NO_JOB.has(error.facts.kind)) return undefined
    throw error
  }
}

/** The instance shows what it showed before, and was never seen at work: its task, where one is listed, knows more. */
async function compareWithTask(
  read: Read,
  facts: Facts<DcsTarget>,
  { task }: Signs,
  status: Observation,
): Promise<Observation> {
  const { own, observed } = await findSubmittedTask(read, facts, task)
  if (!own || own.stage === 'other') return status
  const { jobId } = own
  const found = { observed, listed: true, ...(jobId ? { jobId } : {}) }
  if (own.stage === 'working') return { ...found, verdict: 'pending' }
  if (own.stage === 'failed') return { ...found, verdict: 'failed' }
  return { ...status, asBefore: false, proof: `its task is listed as ended, and ${status.proof}` }
}
