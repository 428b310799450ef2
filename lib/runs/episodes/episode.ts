import * as z from 'zod/mini'
import { sha256 } from '../../basics/sha256.ts'
import { type GuardKind, GuardRecord } from '../guards/guard-record.ts'
import { WindowRule } from '../guards/verdict.ts'
import { record } from '../record.ts'
import { Collision, Source } from '../run.ts'
import { plusMs } from '../schedule.ts'
import { State } from '../states.ts'
import { Budget, Limits } from '../tally.ts'

/** One trouble of one resource under one rule: from its first alarm until it is resolved, or nothing more can be done. */

export const EPISODE_VERDICTS = ['helped', 'did-not-help', 'cannot-tell'] as const

/** One step of a ladder. */
export const Rung = record({
  operation: z.string().check(z.describe('Name of the operation')),
  params: z.optional(z.record(z.string(), z.unknown())).check(z.describe('How it is done')),
  settleMs: z.int().check(z.describe('After its end, the alarm has so long to resolve (ms)')),
  /** It needs an approval that nobody can be asked for. */
  needsApproval: z.optional(z.boolean()).check(z.describe('A person must approve it')),
  /** Why the policy does not allow it. */
  denial: z.optional(z.string()),
  /** The budget that the policy gives it. */
  budget: z.optional(Budget),
  runId: z.optional(z.string()).check(z.describe('Id of its run')),
  startedAt: z.optional(z.iso.datetime()).check(z.describe('When its run was requested')),
  endedAt: z.optional(z.iso.datetime()).check(z.describe('When its run ended')),
  state: z.optional(State).check(z.describe('How its run ended')),
  verdict: z
    .optional(z.enum(EPISODE_VERDICTS))
    .check(z.describe('Whether it helped, by the alarm that asked for it; beside the outcome, which never changes')),
})
export type Rung = z.infer<typeof Rung>

const Phase = z
  .enum(['starting', 'running', 'settling', 'exhausted', 'closed'])
  .check(z.describe('`settling`: the alarm has time to resolve · `exhausted`: all was tried, and people were notified'))

export const Episode = record({
  ...GuardRecord.shape,
  rule: z.string(),
  resource: z.string(),
  target: z.record(z.string(), z.unknown()),
  source: Source,
  /** The name of the alarm. */
  alarm: z.string(),
  /** The key of the first alarm: the run of the first rung has it. */
  key: z.string(),
  rungs: z.array(Rung),
  /** The place of the present rung, from 0. */
  current: z.int(),
  phase: Phase,
  /** Since when it is in this phase. */
  since: z.string(),
  signal: record({
    /** Alarms that said it fires, and that are not repeats. */
    seen: z.int(),
    firingAt: z.string(),
    resolvedAt: z.optional(z.string()),
    /** The keys of the newest alarms. */
    keys: z.array(z.string()),
  }),
  /** Without a word that it is resolved, it still fires. */
  tellsResolved: z.boolean(),
  /** Its run is withdrawn once it is resolved, where nothing was sent yet. */
  withdraws: z.boolean(),
  limits: z.optional(Limits),
  windows: z.optional(WindowRule),
  collision: Collision,
  notAfter: z.optional(z.string()),
  /** Its verdict is not counted for its rule yet. */
  isUncounted: z.optional(z.boolean()),
  /** Why it stopped. */
  why: z.optional(z.string()),
  closedAt: z.optional(z.string()),
})
export type Episode = z.infer<typeof Episode>
export type EpisodeFields = Omit<Episode, keyof GuardRecord>

/** A rung that was begun and not carried on is begun again so soon. */
const BEGIN_AGAIN_MS = 60_000

/** A run tells its episode that it has ended; if that is lost, the episode looks itself. */
const LOOK_MS = 15 * 60_000

/** An alarm that nobody resolves is left alone so long after all was tried. */
export const QUIET_MS = 24 * 3600 * 1000

export const EPISODE: GuardKind<Episode> = {
  kind: 'episode',
  schema: Episode,
  initial: undefined as unknown as EpisodeFields, // an episode is never read before it is written
  listedAs: ({ phase }) => (phase === 'closed' ? 'closed' : 'open'),
  dueAt: ({ phase, since, rungs, current, isUncounted }) => {
    const rung = rungs[current]
    if (isUncounted) return since
    if (phase === 'starting') return plusMs(since, BEGIN_AGAIN_MS)
    if (phase === 'running') return plusMs(since, LOOK_MS)
    if (phase === 'settling') return plusMs(rung?.endedAt ?? since, rung?.settleMs ?? 0)
    return phase === 'exhausted' ? plusMs(since, QUIET_MS) : undefined
  },
}

export const EPISODE_ID = /^ep_[0-9a-f]{24}_[1-9][0-9]{0,8}$/

/** One trouble has one episode at a time: its number is part of the id. */
export function episodeId({ rule, resource }: Pick<Episode, 'rule' | 'resource'>, number: number): string {
  return `ep_${troubleHash({ rule, resource })}_${number}`
}

export function troubleHash({ rule, resource }: Pick<Episode, 'rule' | 'resource'>): string {
  return sha256(`${rule}\n${resource}`).slice(0, 24)
}

/** Whether the rule helped: the newest verdict on one of its steps. */
export function verdictOf({ rungs }: Pick<Episode, 'rungs'>): Rung['verdict'] {
  return rungs.findLast(({ verdict }) => verdict !== undefined)?.verdict
}

export function isFiring({ signal: { firingAt, resolvedAt } }: Pick<Episode, 'signal'>): boolean {
  return resolvedAt === undefined || Date.parse(firingAt) > Date.parse(resolvedAt)
}
