import { hasAnsweredAlarm } from '../answered-alarm.ts'
import type { Lease, Past, RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { isSameRequest } from '../same-request.ts'
import { CLOCKS_APART_MS } from '../schedule.ts'
import { isFinal } from '../states.ts'

/** A lease remembers the runs that had its resource. */

/** Longer than an alarm is delayed (EventBridge: a day; a rule allows two). */
const REMEMBERED_MS = 48 * 3600 * 1000

/** A lease is read and written often, so its history is bounded. A reader that needs more asks the runs themselves. */
const MAX_REMEMBERED = 40

/** The history of a lease once the run that had it is followed by another. */
export function nextHistory({ history = [] }: Lease, before: Run | undefined, nowMs: number): Past[] {
  const past = before?.sentAt === undefined ? [] : [pastOf(before)]
  const isRecent = ({ endedAt }: Past): boolean => Date.parse(endedAt ?? '') >= nowMs - REMEMBERED_MS
  return [...history.filter(isRecent), ...past].slice(-MAX_REMEMBERED)
}

function pastOf({ id, operation, state, sentAt, endedAt, updatedAt }: Run): Past {
  return { id, operation, state, sentAt, endedAt: endedAt ?? updatedAt }
}

/**
 * The runs that a resource had, the newest first: its holder, and those before it.
 * @returns `isWhole`: nothing of the last two days is missing
 */
export async function pastOfResource(
  { store }: Pick<RecordPorts, 'store'>,
  resource: string,
): Promise<{ past: Past[]; isWhole: boolean }> {
  const lease = await store.getLease(resource)
  const holder = lease?.holder && (await store.get(lease.holder.runId))
  const history = lease?.history ?? []
  const past = [...history, ...(holder ? [isFinal(holder.state) ? pastOf(holder) : holder] : [])].reverse()
  return { past, isWhole: !lease || (lease.history !== undefined && history.length < MAX_REMEMBERED) }
}

/**
 * The run that decides about this one although it has ended by now: this one comes late to the resource where a worker died or
 * a message was late. A run to be skipped for that other is skipped even so; and a request for the same, made before that other
 * was sent, has been answered by it.
 * @param before the record of the holder
 */
export async function runMeanwhile(
  { store }: Pick<RecordPorts, 'store'>,
  { history = [], before }: Pick<Lease, 'history'> & { before: Run | undefined },
  run: Run,
): Promise<Run | undefined> {
  const past = [...history, ...(before?.sentAt === undefined ? [] : [pastOf(before)])].reverse()
  const others = past.filter(({ id }) => id !== run.id)
  const skippedFor = run.collision === 'skip' ? others.filter((one) => wasActive(one, run)) : []
  const answering = others.filter(({ operation, sentAt = '' }) => operation === run.operation && sentAt > run.createdAt)
  const successes = others.filter((one) => hasAnsweredAlarm(one, run.limits?.began))
  for (const { id } of [...skippedFor, ...answering, ...successes]) {
    const by = await store.get(id)
    if (by && (wasActive(by, run) || hasAnswered(by, run) || hasAnsweredAlarm(by, run.limits?.began))) return by
  }
  return undefined
}

/**
 * Whether a run was active when another was requested. An alarm that begins just after a success is skipped anyhow, so the margin
 * does no harm: the clock of the host that received it may be ahead by so much.
 */
function wasActive({ state, sentAt = '', endedAt = '' }: Past, { source, createdAt }: Run): boolean {
  const marginMs = source.kind === 'alarm' && state === 'succeeded' ? CLOCKS_APART_MS : 0
  return sentAt <= createdAt && Date.parse(endedAt) + marginMs > Date.parse(createdAt)
}

/**
 * Whether a run that was sent has answered a request for the same that was made before it was sent, and would have joined it.
 * After the clock stepped back, every later request seems to be made before: a run that had ended by then does not answer it.
 */
export function hasAnswered(by: Run, run: Run): boolean {
  const isDone = by.state === 'succeeded' || by.state === 'failed'
  const marginMs = by.state === 'succeeded' ? CLOCKS_APART_MS : 0
  const hadEnded = Date.parse(by.endedAt ?? by.updatedAt) + marginMs <= Date.parse(run.createdAt)
  return isDone && !hadEnded && (by.sentAt ?? '') > run.createdAt && isSameRequest(by, run)
}
