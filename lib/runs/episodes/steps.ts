import type { Announcement } from '../guards/announcement.ts'
import type { Run } from '../run.ts'
import { plusMs } from '../schedule.ts'
import { type Episode, type EpisodeFields, isFiring, QUIET_MS, type Rung } from './episode.ts'

/** How an episode goes on. Pure: one event of it, and the episode after that. */

/** @returns undefined where nothing changes */
export type Step = (before: Episode, nowMs: number) => EpisodeFields | undefined

/** Where the episode has come, and what people are told of it. */
export function announcementOf(before: Episode, after: EpisodeFields): Announcement[] {
  if (after.phase !== 'exhausted' || before.phase === 'exhausted') return []
  const { id } = before
  const tried = after.rungs.flatMap((rung) => (rung.runId ? [triedText(rung)] : []))
  const what = tried.length > 0 ? `Tried: ${tried.join('; ')}` : 'Nothing was tried'
  return [
    {
      ...{ type: 'episode.exhausted', key: `${id}/exhausted`, of: after.resource, at: after.since, episodeId: id },
      reason: `${after.alarm} (rule ${after.rule}): ${after.why}. ${what}. A person must look at ${after.resource}`,
      runIds: after.rungs.flatMap(({ runId }) => runId ?? []),
    },
  ]
}

function triedText({ operation, runId, state, verdict }: Rung): string {
  return `${operation} (${runId}) ${state ?? 'goes on'}${verdict ? `, ${verdict}` : ''}`
}

/** An alarm says that it fires. A repeat changes nothing, and neither does an older one. */
export function fires({ key, occurredAt }: { key: string; occurredAt: string }): Step {
  return (before) => {
    const { signal } = before
    if (before.phase === 'closed' || signal.keys.includes(key)) return undefined
    const firingAt = later(signal.firingAt, occurredAt)
    return {
      ...before,
      signal: { ...signal, seen: signal.seen + 1, firingAt, keys: [...signal.keys, key].slice(-MAX_KEYS) },
    }
  }
}

/** As many repeats are known. An older one is counted again, and changes nothing else. */
const MAX_KEYS = 20

/** The alarm is resolved: an episode that waits for that is over. */
export function resolves({ occurredAt }: { occurredAt: string }): Step {
  return (before, nowMs) => {
    if (before.phase === 'closed') return undefined
    const { signal } = before
    if (signal.resolvedAt !== undefined && signal.resolvedAt >= occurredAt) return undefined
    const after = { ...before, signal: { ...signal, resolvedAt: occurredAt } }
    if (isFiring(after)) return after
    if (before.phase === 'settling') return settled(after, nowMs)
    return before.phase === 'exhausted' ? closed(after, nowMs, 'the alarm is resolved') : after
  }
}

/** The run of a rung was accepted. */
export function begins(run: Pick<Run, 'id' | 'createdAt'>, rung: number): Step {
  return (before, nowMs) => {
    if (before.phase !== 'starting' || before.current !== rung) return undefined
    // The end of an earlier step's run is told again.
    if (before.rungs.some(({ runId }) => runId === run.id)) return undefined
    const own = { runId: run.id, startedAt: run.createdAt }
    return { ...withRung(before, own), phase: 'running', since: plusMs(nowMs, 0) }
  }
}

/** No run can be made for a rung. */
export function cannotBegin(rung: number, why: string): Step {
  return (before, nowMs) => {
    if (before.phase !== 'starting' || before.current !== rung) return undefined
    // People were notified of the refused request itself.
    return rung === 0 ? closed(before, nowMs, why) : stopped(before, nowMs, why)
  }
}

/** The run of the present rung has ended. */
export function ends(run: Pick<Run, 'id' | 'state' | 'endedAt' | 'updatedAt' | 'outcome'>): Step {
  return (before, nowMs) => {
    const rung = before.rungs[before.current]
    if (before.phase !== 'running' || rung?.runId !== run.id) return undefined
    const endedAt = run.endedAt ?? run.updatedAt
    const after = withRung(before, { state: run.state, endedAt })
    if (run.state === 'succeeded' || run.state === 'failed') {
      if (!isFiring(after)) return settled({ ...after, phase: 'settling' }, nowMs)
      return { ...after, phase: 'settling', since: plusMs(nowMs, 0) }
    }
    const how = `its run ended as ${run.state}: ${run.outcome?.summary ?? ''}`
    if (run.state === 'cancelled') {
      return closed(after, nowMs, isFiring(after) ? how : 'the alarm was resolved before anything was sent')
    }
    // People were notified of the run itself.
    if (run.state === 'refused' && before.current === 0) return closed(after, nowMs, how)
    // Nobody knows whether it began, or whether it goes on: nothing may follow it.
    return stopped(after, nowMs, how)
  }
}

/** Its time has come: the alarm had time to resolve. */
export function settles(): Step {
  return (before, nowMs) => {
    const rung = before.rungs[before.current]
    if (before.phase === 'exhausted' && Date.parse(before.since) + QUIET_MS <= nowMs) {
      return closed(before, nowMs, 'nothing was heard of it for a day')
    }
    const isOver = before.phase === 'settling' && rung?.endedAt !== undefined
    if (!isOver || Date.parse(rung.endedAt ?? '') + rung.settleMs > nowMs) return undefined
    return settled(before, nowMs)
  }
}

/** Its verdict is counted for its rule. */
export function isCounted(): Step {
  return ({ isUncounted, ...before }) => (isUncounted ? { ...before, isUncounted: undefined } : undefined)
}

/** Another trouble has begun: this one is over. */
export function isFollowed(): Step {
  return (before, nowMs) => (before.phase === 'closed' ? undefined : closed(before, nowMs, 'the alarm fired anew'))
}

/** The verdict on the present rung, and what follows from it. */
function settled(before: EpisodeFields & Pick<Episode, 'signal'>, nowMs: number): EpisodeFields {
  const rung = before.rungs[before.current]
  const didIt = rung?.state === 'succeeded'
  if (!isFiring(before as Episode)) {
    return closed(withRung(before, { verdict: didIt ? 'helped' : 'cannot-tell' }), nowMs, 'the alarm is resolved')
  }
  const firesSince = Date.parse(before.signal.firingAt) > Date.parse(rung?.endedAt ?? '')
  if (!firesSince && !before.tellsResolved) {
    return closed(withRung(before, { verdict: 'cannot-tell' }), nowMs, 'the alarm was not heard of again')
  }
  const judged = withRung(before, { verdict: 'did-not-help' })
  const next = judged.rungs[judged.current + 1]
  if (!next) return stopped(judged, nowMs, 'the alarm still fires after all that the rule may do')
  if (next.denial) return stopped(judged, nowMs, `the next step, ${next.operation}, is not allowed: ${next.denial}`)
  if (next.needsApproval) return stopped(judged, nowMs, `the next step, ${next.operation}, needs a person's approval`)
  return { ...judged, current: judged.current + 1, phase: 'starting', since: plusMs(nowMs, 0) }
}

/** The last rung is always people. A trouble that ended meanwhile needs none. */
function stopped(before: EpisodeFields, nowMs: number, why: string): EpisodeFields {
  if (!isFiring(before as Episode)) return closed(before, nowMs, `${why}; the alarm is resolved`)
  return { ...before, phase: 'exhausted', since: plusMs(nowMs, 0), why }
}

function closed(before: EpisodeFields, nowMs: number, why: string): EpisodeFields {
  const now = plusMs(nowMs, 0)
  return { ...before, phase: 'closed', since: now, closedAt: now, why: before.why ? `${before.why}; then ${why}` : why }
}

function withRung<Fields extends EpisodeFields>(before: Fields, changes: Partial<Rung>): Fields {
  const rungs = before.rungs.map((rung, index) => (index === before.current ? { ...rung, ...changes } : rung))
  return { ...before, rungs }
}

function later(a: string, b: string): string {
  return Date.parse(a) >= Date.parse(b) ? a : b
}
