import { jsonAnswer, type SimulatedAnswer } from '../server/answer.ts'
import { takeOne } from '../server/faults.ts'
import { dcsError } from './answers.ts'
import { type DcsCall, type Handler, type InstanceHandler, pageOf, UNKNOWN_DCS_FIELDS, windowOf } from './call.ts'
import type { DcsContext } from './context.ts'
import type { DcsWork } from './state.ts'
import { phaseOf } from './work.ts'
import { KINDS } from './work-kinds.ts'

/** The documented field is free text. */
const FAIL_REASON = 'The job failed: node did not respond in time.'

/** GET …/jobs/{job_id} (ShowJobInfo). */
export const handleShowJob: Handler = (context, { params }) => {
  const work = context.state.works.find((candidate) => candidate.jobId !== undefined && candidate.jobId === params.job)
  if (!work || takeOne(context.quirks, 'unknownJobs')) return dcsError('DCS.4070')
  const status = statusOfJob(context, work)
  return jsonAnswer({
    job_id: work.jobId,
    job_type: KINDS[work.kind].jobType,
    status,
    begin_time: String(work.acceptedAt),
    end_time: work.settled ? String(work.endAt) : null,
    fail_reason: status === 'FAIL' ? FAIL_REASON : null,
    ...UNKNOWN_DCS_FIELDS,
  })
}

/** GET …/tasks (ListCenterTask). */
export const handleListTasks: Handler = (context, call) => tasks(context, call, () => true)

/** GET …/instances/{id}/tasks (ListBackgroundTask). */
export const handleListInstanceTasks: InstanceHandler = (context, instance, call) =>
  tasks(context, call, (work) => work.instanceId === instance.instance_id)

/** All work that the quirk does not hide. Whether restart, flush, stop and start are listed is not documented. */
function tasks(context: DcsContext, { query }: DcsCall, isWanted: (work: DcsWork) => boolean): SimulatedAnswer {
  const window = windowOf(query, 'start_time', 'end_time')
  if ('refusal' in window) return window.refusal
  const wanted = context.state.works
    .filter((work) => work.jobId !== undefined && isWanted(work))
    .filter((work) => !context.quirks.unlistedTasks.includes(work.kind) && window.isWithin(work.acceptedAt))
    .toReversed()
  const found = pageOf(wanted, query)
  if ('refusal' in found) return found.refusal
  const list = found.page.map((work) => taskView(context, work))
  // The SDKs type it a string, although the documented sample shows a number.
  return jsonAnswer({ task_count: String(wanted.length), tasks: list, ...UNKNOWN_DCS_FIELDS })
}

function taskView(context: DcsContext, work: DcsWork) {
  const status = statusOfJob(context, work)
  return {
    id: work.id,
    name: KINDS[work.kind].jobType,
    details: {},
    user_name: 'simulated',
    user_id: '0'.repeat(32),
    params: JSON.stringify({ instance_id: work.instanceId, node_ids: work.nodeIds }),
    status: statusOfTask(context, work, status),
    created_at: new Date(work.acceptedAt).toISOString(),
    updated_at: new Date(Math.min(context.now(), work.endAt)).toISOString(),
    error_code: status === 'FAIL' ? 'DCS.4842' : null,
    enable_show: true,
    job_id: work.jobId,
  }
}

/** Tasks have other status words than jobs (ListBackgroundTask, 2025-12-29). */
const TASK_WORDS: Readonly<Record<string, string>> = { INIT: 'CREATED', RUNNING: 'EXECUTING', FAIL: 'FAILED' }

function statusOfTask(context: DcsContext, { settled }: DcsWork, status: string): string {
  return settled && context.quirks.deletedTasks ? 'DELETED' : (TASK_WORDS[status] ?? status)
}

function statusOfJob(context: DcsContext, work: DcsWork): string {
  if (work.settled) return work.outcome === 'fail' ? 'FAIL' : 'SUCCESS'
  if (context.quirks.jobStatus !== '') return context.quirks.jobStatus
  return phaseOf(work, context.now()) === 'running' ? 'RUNNING' : 'INIT'
}
