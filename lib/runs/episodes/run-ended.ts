import { changeGuard, type TellingPorts } from '../guards/guard-record.ts'
import type { RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { isFinal } from '../states.ts'
import { EPISODE, Episode, type EpisodeFields, verdictOf } from './episode.ts'
import { announcementOf, begins, ends, type Step } from './steps.ts'

/** Changes of episodes. In its own file, for the end of every run needs no more of them. */

export async function readEpisode({ store }: Pick<RecordPorts, 'store'>, id: string): Promise<Episode | undefined> {
  const stored = await store.getDocument(id)
  return stored && Episode.parse(stored)
}

/** Changes an episode by one conditional write. @returns it as it is now; undefined where nothing changed */
export async function changeEpisode(ports: TellingPorts, id: string, step: Step): Promise<Episode | undefined> {
  return changeGuard<Episode, Episode | undefined>(ports, { id, kind: EPISODE }, (before, nowMs) => {
    const after = before.version === 0 ? undefined : step(before, nowMs)
    if (!after) return { answer: undefined }
    const counted = { ...after, ...countingOf(before, after) }
    return { write: counted, announce: announcementOf(before, after), answer: { ...before, ...counted } }
  })
}

/** Once an episode is over, its verdict counts for its rule: the sweeper knows the rules. */
function countingOf(before: Episode, after: EpisodeFields): Pick<Episode, 'isUncounted'> {
  const isOver = after.phase === 'closed' || after.phase === 'exhausted'
  const wasOver = before.phase === 'closed' || before.phase === 'exhausted'
  return isOver && !wasOver && verdictOf(after) ? { isUncounted: true } : {}
}

/** Tells the episode of a run that it has ended. It may be repeated. */
export async function noteRunEnded(ports: TellingPorts, run: Run): Promise<void> {
  const { episodeId: id } = run
  if (id === undefined || !isFinal(run.state) || (await changeEpisode(ports, id, ends(run)))) return
  // A worker may have died before it noted which run it had begun.
  const episode = await readEpisode(ports, id)
  if (episode && (await changeEpisode(ports, id, begins(run, episode.current))))
    await changeEpisode(ports, id, ends(run))
}
