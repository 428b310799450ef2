import { isSameRequest } from '../accept/check-request.ts'
import type { Lease, Past, RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { CLOCKS_APART_MS } from '../schedule.ts'
import { isFinal } from '../states.ts'
import { hasAnsweredAlarm } from './answered-alarm.ts'

/** What a resource remembers of the runs that had it. */

/** Longer than an alarm is told late (EventBridge: a day; a rule allows two). */
const REMEMBERED_MS = 48 * 3600 * 1000

/** A lease is read and written often: what it remembers is bounded. Who asks for more asks the runs themselves. */
const MAX_REMEMBERED = 40

/** What is remembered of a resource once the run that had it is followed by another. */
export function remembered({ history = [] }: Lease, before: Run | undefined, nowMs: number): Past[] {
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
 * The run that a resource had while this one was on its way to it: where a worker died, or a message was late, it comes to the
 * resource when the other has ended. Who is to be skipped for another run is skipped all the same; and what asks for the same,
 * before it was sent, has been answered by it.
 */
export async function runMeanwhile(
  { store }: Pick<RecordPorts, 'store'>,
  { history = [] }: Pick<Lease, 'history'>,
  run: Run,
  before: Run | undefined,
): Promise<Run | undefined> {
  const past = [...history, ...(before?.sentAt === undefined ? [] : [pastOf(before)])].reverse()
  const others = past.filter(({ id }) => id !== run.id)
  const skippedFor = run.collision === 'skip' ? others.filter((one) => wasThere(one, run)) : []
  const answering = others.filter(({ operation, sentAt = '' }) => operation === run.operation && sentAt > run.createdAt)
  const successes = others.filter((one) => hasAnsweredAlarm(one, run.limits?.began))
  for (const { id } of [...skippedFor, ...answering, ...successes]) {
    const by = await store.get(id)
    if (by && (wasThere(by, run) || hasAnswered(by, run) || hasAnsweredAlarm(by, run.limits?.began))) return by
  }
  return undefined
}

/**
 * Whether a run was at work when another was asked for. An alarm that begins just after a success is not acted on anyhow: the
 * clock of who took it may be ahead by so much.
 */
function wasThere({ state, sentAt = '', endedAt = '' }: Past, { source, createdAt }: Run): boolean {
  const marginMs = source.kind === 'alarm' && state === 'succeeded' ? CLOCKS_APART_MS : 0
  return sentAt <= createdAt && Date.parse(endedAt) + marginMs > Date.parse(createdAt)
}

/**
 * Whether a run that was sent did what another asks for, which was asked for before: that one would have joined it. A clock that
 * has stepped back in between makes all look so that is asked for later: what had ended before it was asked for answers it no more.
 */
export function hasAnswered(by: Run, run: Run): boolean {
  const isDone = by.state === 'succeeded' || by.state === 'failed'
  const marginMs = by.state === 'succeeded' ? CLOCKS_APART_MS : 0
  const hadEnded = Date.parse(by.endedAt ?? by.updatedAt) + marginMs <= Date.parse(run.createdAt)
  return isDone && !hadEnded && (by.sentAt ?? '') > run.createdAt && isSameRequest(by, run)
}
