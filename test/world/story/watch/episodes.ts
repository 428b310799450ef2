import { readFileSync } from 'node:fs'
import { parseRules } from '../../../../lib/rules/read-rules.ts'
import type { Episode } from '../../../../lib/runs/episodes/episode.ts'
import type { Run } from '../../../../lib/runs/run.ts'
import type { Scope } from '../../engine/current.ts'
import type { Item } from '../../engine/expressions.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Violation } from '../../engine/witness.ts'
import type { Doors } from '../doors.ts'
import { didClocksStep } from '../excuses.ts'
import { RULES_FILE } from '../handlers.ts'
import { idOf } from '../wishes.ts'
import type { Seen } from '../witness.ts'
import { listen } from './listen.ts'
import { runOf } from './lives.ts'

/** Clocks of hosts differ by seconds. */
const SLACK_MS = 5_000

const EXHAUSTED = 'dev.steadyhand.episode.exhausted'

const { rules } = parseRules(readFileSync(RULES_FILE, 'utf8'), RULES_FILE)
const LADDERS = new Set(rules.filter(({ ladder }) => ladder).map(({ name }) => name))

export interface Episodes {
  violations(): Violation[]
}

/** Follows every trouble from its first alarm on: no step is skipped, or comes twice, or too soon, or for nothing. */
export function watchEpisodes(sim: Sim, doors: Doors, { broken }: Pick<Seen, 'broken'>): Episodes {
  const { clock, table, witness } = sim
  const begunAt = new Map<string, number>()
  const exhausted = new Set<string>()
  const runs = new Map<string, Set<string>>()

  const written = (before: Episode | undefined, after: Episode, by: Scope): void => {
    const { id, current, phase, why } = after
    if (!before) begunAt.set(id, clock.now())
    if (phase === 'exhausted') exhausted.add(id)
    if ((phase === 'exhausted' || phase === 'closed') && !why) broken('an episode says why it ended', `${id} ${phase}`)
    if (!before) return
    if (before.phase === 'closed' && phase !== 'closed') broken('what is closed stays closed', `${id} is ${phase}`)
    const other = before.rungs.find(({ runId }, at) => runId !== undefined && after.rungs[at]?.runId !== runId)
    if (other) broken('a step has one run', `${id} forgets ${other.runId}`, other.runId ?? '')
    if (current === before.current + 1) climbed(before, after, by)
    else if (current !== before.current)
      broken('no step is skipped or comes twice', `${before.current} became ${current} in ${id}`)
  }

  const climbed = ({ id, current, target }: Episode, { rungs }: Episode, { worker }: Scope): void => {
    const { runId = '', settleMs = 0 } = rungs[current] ?? {}
    const run = table.item(runId) as unknown as Run | undefined // as our own store wrote it
    const state = run?.state
    if (state !== 'succeeded' && state !== 'failed')
      broken('a ladder goes on after a clear end only', `${id} after ${runId}, which is ${state}`, runId)
    const earlyMs = Date.parse(run?.endedAt ?? '') + settleMs - (clock.now() + sim.aheadMs())
    const areApart = [...worker.met, ...sim.faults.met(runId)].includes('host clock is minutes off')
    if (earlyMs > SLACK_MS && !areApart && !didClocksStep(sim))
      broken('a ladder waits for its time to settle', `${id} goes on ${earlyMs} ms too soon`, runId)
    const resolved = lastWord(id, idOf(target))
    if (resolved) broken('no step after the alarm is resolved', `${id}, resolved at ${resolved}`, runId)
  }

  /** When it was resolved, where that is the last that was said; what nobody had answered yet need not be known. */
  const lastWord = (episode: string, id: string): string | undefined => {
    const about = doors.words.filter(({ wish }) => idOf(wish.targets[0] ?? {}) === id)
    const known = about.filter(
      ({ wish, sentAt, heardAt }) =>
        wish.alarm?.state === 'OK' && sentAt > (begunAt.get(episode) ?? 0) && heardAt < clock.now(),
    )
    const resolvedAt = Math.max(0, ...known.map(({ wish }) => wish.occurredAt ?? wish.at))
    const firing = doors.alarms.filter(
      ({ alarm, targets }) => alarm?.state === 'ALARM' && idOf(targets[0] ?? {}) === id,
    )
    const firesAgain = firing.some(({ at, occurredAt = at }) => occurredAt > resolvedAt)
    return resolvedAt > 0 && !firesAgain ? new Date(resolvedAt).toISOString() : undefined
  }

  const requested = ({ id, episodeId = '' }: Run): void => {
    const own = (runs.get(episodeId) ?? new Set()).add(id)
    runs.set(episodeId, own)
    const { current = -1 } = (table.item(episodeId) ?? {}) as { current?: number }
    if (own.size > current + 1) broken('a step has one run', `${own.size} runs for step ${current} of ${episodeId}`, id)
  }

  listen(witness, {
    written: (before, after, by) => {
      if (after?.kind === 'episode') written(before && episodeIn(before), episodeIn(after), by)
      else if (after?.kind === 'run' && !before && after.episodeId !== undefined) requested(runOf(after))
    },
  })
  return { violations: () => [...unended(sim), ...untold(sim, exhausted), ...astray(sim)] }
}

/** Items of the kind `episode` are what our own store wrote. */
function episodeIn(item: Item): Episode {
  return item as unknown as Episode
}

export function episodesOf({ table }: Sim): Episode[] {
  return table
    .items()
    .filter(({ kind }) => kind === 'episode')
    .map(episodeIn)
}

/** It goes on no more, unless its alarm is heard of again. */
export function isOver({ phase, outbox = [] }: Episode): boolean {
  return (phase === 'closed' || phase === 'exhausted') && outbox.length === 0
}

/** When it goes on (epoch ms); 0 where it does not. */
export function continuesAt(episode: Episode): number {
  return isOver(episode) || episode.dueAt === undefined ? 0 : Date.parse(episode.dueAt)
}

function unended(sim: Sim): Violation[] {
  const left = episodesOf(sim).filter((episode) => !isOver(episode))
  return left.map(({ id, phase, dueAt, rungs }) => ({
    property: 'an episode ends',
    seen: `${id} is ${phase}, due ${dueAt}`,
    runs: rungs.flatMap(({ runId }) => runId ?? []),
  }))
}

/** Whoever has to look at it knows; under one id, however often he is told. */
function untold({ topic }: Sim, exhausted: ReadonlySet<string>): Violation[] {
  return [...exhausted].flatMap((id) => {
    const told = topic.deliveries.filter(({ type, data }) => type === EXHAUSTED && data.episodeId === id)
    const ids = new Set(told.map((one) => one.id))
    if (ids.size === 1) return []
    return [{ property: 'people are told when all was tried', seen: `${id}: by ${ids.size} ids`, runs: [] }]
  })
}

/** A run of a ladder is a step of its episode, which knows it. */
function astray({ table }: Sim): Violation[] {
  return table.items().flatMap((item) => {
    if (item.kind !== 'run') return []
    const { id, episodeId, source } = runOf(item)
    const isAlone = episodeId === undefined && source.kind === 'alarm' && LADDERS.has(source.rule ?? '')
    const episode = episodeId === undefined ? undefined : table.item(episodeId)
    const isUnknown = episode && !episodeIn(episode).rungs.some(({ runId }) => runId === id)
    if (!isAlone && !isUnknown) return []
    return [{ property: 'a run of a ladder is a step of its episode', seen: `${id} of ${episodeId}`, runs: [id] }]
  })
}
