import * as z from 'zod/mini'
import { accept } from '../accept/accept.ts'
import type { RunRequest } from '../accept/draft.ts'
import { cancel } from '../cancel.ts'
import { noteVerdict } from '../guards/disarm.ts'
import {
  changeGuard,
  type GuardKind,
  GuardRecord,
  readGuard,
  type TellingPorts,
  tellOutbox,
} from '../guards/guard-record.ts'
import { DEFAULT_GUARDS, guardsOfRule } from '../guards/settings.ts'
import type { RecordPorts } from '../ports.ts'
import { record } from '../record.ts'
import { KeyReusedError, RequestError } from '../request-error.ts'
import type { Run } from '../run.ts'
import { plusMs } from '../schedule.ts'
import { isFinal } from '../states.ts'
import { EPISODE, type Episode, type EpisodeFields, episodeId, isFiring, troubleHash, verdictOf } from './episode.ts'
import { changeEpisode, noteRunEnded, readEpisode } from './run-ended.ts'
import { begins, cannotBegin, ends, fires, isCounted, isFollowed, resolves, settles } from './steps.ts'

/** The newest episode of a trouble is found by its number. The number may lag behind by one. */
const Newest = record({ ...GuardRecord.shape, number: z.int() })
type Newest = z.infer<typeof Newest>
const NEWEST: GuardKind<Newest> = { schema: Newest, initial: { number: 0 } }

type Trouble = Pick<Episode, 'rule' | 'resource'>

/** The open episode of a trouble. @returns `number`: that of the newest one, open or not */
async function newestOf(ports: TellingPorts, trouble: Trouble): Promise<{ number: number; episode?: Episode }> {
  const { number } = await readGuard(ports, { id: newestId(trouble), kind: NEWEST })
  const episode = await readEpisode(ports, episodeId(trouble, number))
  if (episode && episode.phase !== 'closed') return { number, episode }
  // Another worker has begun it, and died before it noted the number.
  for (let next = number + 1; ; next++) {
    const later = await readEpisode(ports, episodeId(trouble, next))
    if (!later) return { number: next - 1 }
    if (later.phase !== 'closed') return { number: next, episode: later }
  }
}

function newestId(trouble: Trouble): string {
  return `guard:trouble/${troubleHash(trouble)}`
}

export async function openEpisode(ports: TellingPorts, trouble: Trouble): Promise<Episode | undefined> {
  return (await newestOf(ports, trouble)).episode
}

/** The first alarm of a trouble, and what its rule does about it. */
export type NewEpisode = Omit<EpisodeFields, 'current' | 'phase' | 'since' | 'signal' | 'why' | 'closedAt'> & {
  firingAt: string
}

/**
 * Begins the episode of a trouble, unless one is open. Its first rung is begun by the caller; where that is lost, by the sweeper.
 * An open one in which nothing happens any more is followed by the new one.
 * @returns the episode that this alarm has begun; undefined where another is open
 */
export async function beginEpisode(
  ports: TellingPorts,
  { firingAt, ...plan }: NewEpisode,
): Promise<Episode | undefined> {
  const { number, episode } = await newestOf(ports, plan)
  if (episode?.key === plan.key) return episode
  if (episode && (episode.phase === 'starting' || episode.phase === 'running')) return undefined
  if (episode) await changeEpisode(ports, episode.id, isFollowed())
  const id = episodeId(plan, number + 1)
  const now = plusMs(ports.clock(), 0)
  const signal = { seen: 1, firingAt, keys: [plan.key] }
  const fields: EpisodeFields = { ...plan, current: 0, phase: 'starting', since: now, signal }
  const isBegun = await changeGuard<Episode, boolean>(ports, { id, kind: EPISODE }, (before) =>
    before.version === 0 ? { write: fields, answer: true } : { answer: before.key === plan.key },
  )
  if (!isBegun) return undefined
  await changeGuard<Newest, undefined>(ports, { id: newestId(plan), kind: NEWEST }, (before) =>
    before.number > number ? { answer: undefined } : { write: { number: number + 1 }, answer: undefined },
  )
  return readEpisode(ports, id)
}

/** Notes what an alarm says. @returns the episode as it is now */
export async function noteFiring(
  ports: TellingPorts,
  episode: Episode,
  alarm: { key: string; occurredAt: string },
): Promise<Episode> {
  try {
    return (await changeEpisode(ports, episode.id, fires(alarm))) ?? episode
  } catch (error) {
    // Many alarms at once: the others say the same.
    ports.log('warn', 'alarm not noted in its episode', { episode: episode.id, error: String(error) })
    return episode
  }
}

/** Notes that an alarm is resolved; what was not sent for it is withdrawn, where its rule says so. */
export async function noteResolved(
  ports: RecordPorts,
  episode: Episode,
  alarm: { occurredAt: string },
): Promise<Episode> {
  const after = await changeEpisode(ports, episode.id, resolves(alarm))
  if (after) await follow(ports, after)
  return after ?? episode
}

/** The request of the present rung. */
function requestOf(episode: Episode): RunRequest {
  const { id, key, current, rungs, resource, target, source, limits, windows, collision, notAfter } = episode
  const { operation, params, budget } = rungs[current] ?? {}
  const isFirst = current === 0
  return {
    ...{ operation, target, params, source, episodeId: id },
    // Its own trouble goes on, and its time to settle is its cooldown. A resource that is not at rest is waited for.
    limits: isFirst || !limits ? limits : { rule: limits.rule, cooldownMs: 0, atMost: limits.atMost },
    collision: isFirst ? collision : 'queue',
    ...(windows ? { windows } : {}),
    ...(budget ? { budgets: { [resource]: budget } } : {}),
    idempotencyKey: isFirst ? key : `${key}\nrung ${current}`,
    ...(isFirst && notAfter !== undefined ? { notAfter } : {}),
  }
}

/**
 * Makes the run of the present rung, or finds it. Repeating it is safe: a rung has one run.
 * @returns the run; undefined where none can be
 */
async function beginRung(ports: RecordPorts, episode: Episode): Promise<Run | undefined> {
  try {
    const { run } = await accept(ports, requestOf(episode), {})
    await noteBegun(ports, episode, run)
    return run
  } catch (error) {
    if (!(error instanceof RequestError || error instanceof KeyReusedError)) throw error
    await noteImpossible(ports, episode, error.message)
    return undefined
  }
}

/** The run of the present rung was accepted. */
export async function noteBegun(ports: TellingPorts, { id, current }: Episode, run: Run): Promise<void> {
  await changeEpisode(ports, id, begins(run, current))
  if (isFinal(run.state)) await noteRunEnded(ports, run)
}

/** No run can be made for the present rung. */
export async function noteImpossible(ports: TellingPorts, { id, current }: Episode, why: string): Promise<void> {
  await changeEpisode(ports, id, cannotBegin(current, why))
}

/** Does what an episode waits for, if its time has come. It may be repeated. */
export async function tendEpisode(ports: RecordPorts, id: string): Promise<void> {
  const found = await readEpisode(ports, id)
  if (!found) return
  await tellOutbox(ports, { id, kind: EPISODE })
  await countVerdict(ports, found)
  const episode = (await changeEpisode(ports, id, settles())) ?? (await readEpisode(ports, id)) ?? found
  await follow(ports, episode)
}

/** Counts the verdict of an episode for its rule, which may disarm that. */
async function countVerdict(ports: RecordPorts, episode: Episode): Promise<void> {
  const { id, rule, isUncounted } = episode
  const verdict = verdictOf(episode)
  if (!isUncounted || !verdict) return
  const { disarm } = guardsOfRule(ports.guards ?? DEFAULT_GUARDS, rule)
  await noteVerdict(ports, { rule, episodeId: id, verdict }, disarm)
  await changeEpisode(ports, id, isCounted())
}

async function follow(ports: RecordPorts, episode: Episode): Promise<void> {
  if (episode.phase === 'starting') return void (await beginRung(ports, episode))
  if (episode.phase !== 'running') return
  const run = await ports.store.get(episode.rungs[episode.current]?.runId ?? '')
  if (!run) return
  // Another delivery of the alarm may have made the run, which names no episode then.
  if (isFinal(run.state)) return void (await changeEpisode(ports, episode.id, ends(run)))
  if (!isFiring(episode) && episode.withdraws) await cancel(ports, run.id, { by: 'its alarm, which is resolved' })
}
