import type { SimulatedAnswer } from '../server/answer.ts'
import { takeOne } from '../server/faults.ts'
import { dcsError } from './answers.ts'
import type { DcsContext } from './context.ts'
import type { DcsInstance, DcsState, DcsWork, WorkKind } from './state.ts'
import { KINDS } from './work-kinds.ts'

/** A job is INIT and a backup waiting for this share of its time, so that both are observed. */
const WAITING_SHARE = 0.1

/** The phase of work. `accepted` is the lag in which nothing shows yet. */
export function phaseOf(work: DcsWork, nowMs: number): 'accepted' | 'waiting' | 'running' | 'ended' {
  if (nowMs >= work.endAt) return 'ended'
  if (nowMs < work.startAt) return 'accepted'
  return nowMs < work.startAt + (work.endAt - work.startAt) * WAITING_SHARE ? 'waiting' : 'running'
}

/** Applies the effects of all work that has ended by now, in order of its ends. Without timers, a kill loses none. */
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

/** The work that keeps an instance busy, if any. Call `settleDcsWork` first. */
export function openWork(state: DcsState, instanceId: string): DcsWork | undefined {
  return state.works.find((work) => work.instanceId === instanceId && !work.settled)
}

/** @returns an error where this work cannot begin now */
export function refusalOfWork(context: DcsContext, kind: WorkKind, instance: DcsInstance): SimulatedAnswer | undefined {
  const running = openWork(context.state, instance.instance_id)
  if (running) return dcsError(KINDS[running.kind].busy)
  return KINDS[kind].from.includes(instance.status) ? undefined : dcsError('DCS.4026')
}

/** Accepts work; the clock decides its end. */
export function beginDcsWork(
  context: DcsContext,
  instance: DcsInstance,
  { kind, nodeIds = [], backupId }: { kind: WorkKind; nodeIds?: string[]; backupId?: string },
): DcsWork & { jobId: string } {
  const acceptedAt = context.now()
  const startAt = acceptedAt + context.workMs.lag
  const jobId = context.newId()
  const work: DcsWork = {
    id: context.newId(),
    jobId,
    ...(backupId === undefined ? {} : { backupId }),
    kind,
    instanceId: instance.instance_id,
    nodeIds,
    acceptedAt,
    startAt,
    endAt: startAt + context.workMs[kind],
    outcome: KINDS[kind].quirkOutcomes.find(({ quirk }) => takeOne(context.quirks, quirk))?.outcome ?? 'success',
    settled: false,
  }
  context.state.works.push(work)
  return { ...work, jobId }
}
