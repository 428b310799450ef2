import type { SimulatedAnswer } from '../server/answer.ts'
import { takeOne } from '../server/faults.ts'
import { dcsError } from './answers.ts'
import type { DcsContext } from './context.ts'
import type { DcsInstance, DcsState, DcsWork, WorkKind } from './state.ts'
import { KINDS } from './work-kinds.ts'

/** A tenth of the time a job is INIT and a backup waiting, so that both are seen. */
const WAITING_SHARE = 0.1

/** Where a piece of work stands. `accepted` is the lag in which nothing shows yet. */
export function phaseOf(work: DcsWork, nowMs: number): 'accepted' | 'waiting' | 'running' | 'ended' {
  if (nowMs >= work.endAt) return 'ended'
  if (nowMs < work.startAt) return 'accepted'
  return nowMs < work.startAt + (work.endAt - work.startAt) * WAITING_SHARE ? 'waiting' : 'running'
}

/** Brings about, in order of their ends, the effects of all work that is over by now. Without timers a kill loses none. */
export function settleDcsWork(state: DcsState, nowMs: number): void {
  const open = state.works.filter((work) => !work.settled).sort((a, b) => a.endAt - b.endAt)
  for (const work of open) {
    const phase = phaseOf(work, nowMs)
    const backup = state.backups.find((candidate) => candidate.backup_id === work.backupId)
    if (backup && phase === 'running') backup.status = 'backuping'
    if (phase !== 'ended') continue
    work.settled = true
    const instance = state.instances.find((candidate) => candidate.instance_id === work.instanceId)
    if (!instance) continue
    if (work.outcome === 'success') KINDS[work.kind].succeed(instance, work, state)
    if (work.outcome === 'fail') KINDS[work.kind].fail?.(instance, work, state)
  }
}

/** The work that keeps an instance busy, if any; call `settle` first. */
export function openWork(state: DcsState, instanceId: string): DcsWork | undefined {
  return state.works.find((work) => work.instanceId === instanceId && !work.settled)
}

/** Why this work cannot begin now, or nothing if it can. */
export function refusalOfWork(context: DcsContext, kind: WorkKind, instance: DcsInstance): SimulatedAnswer | undefined {
  const running = openWork(context.state, instance.instance_id)
  if (running) return dcsError(KINDS[running.kind].busy)
  return KINDS[kind].from.includes(instance.status) ? undefined : dcsError('DCS.4026')
}

/** Accepts work; its end is settled by the clock. */
export function beginDcsWork(
  context: DcsContext,
  kind: WorkKind,
  instance: DcsInstance,
  details: { nodeIds?: string[]; backupId?: string } = {},
): DcsWork & { jobId: string } {
  const acceptedAt = context.now()
  const startAt = acceptedAt + context.workMs.lag
  const jobId = context.newId()
  const work: DcsWork = {
    id: context.newId(),
    jobId,
    ...(details.backupId === undefined ? {} : { backupId: details.backupId }),
    kind,
    instanceId: instance.instance_id,
    nodeIds: details.nodeIds ?? [],
    acceptedAt,
    startAt,
    endAt: startAt + context.workMs[kind],
    outcome: KINDS[kind].misfortunes.find(({ quirk }) => takeOne(context.quirks, quirk))?.outcome ?? 'success',
    settled: false,
  }
  context.state.works.push(work)
  return { ...work, jobId }
}
