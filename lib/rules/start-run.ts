import { accept } from '../runs/accept/accept.ts'
import type { DefaultRegions } from '../runs/accept/check-request.ts'
import type { RunRequest } from '../runs/accept/draft.ts'
import type { RefusedRequest, Result } from '../runs/delivery.ts'
import type { Episode } from '../runs/episodes/episode.ts'
import { noteBegun, noteImpossible } from '../runs/episodes/episodes.ts'
import { warningsFor } from '../runs/lease/used-up.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { KeyReusedError, RequestError } from '../runs/request-error.ts'
import type { Run } from '../runs/run.ts'
import type { Match } from './match.ts'
import type { AlarmRule, TicketRule } from './rules.ts'

/** Starts the run of a matched event, unless something rejects it. */

interface Starter {
  ports: RecordPorts
  regions: DefaultRegions
}

/** Why an event starts no run. `notify` is absent where people are notified of this event alone. */
export type Rejection =
  | { ignored: string }
  /** Its trouble has an episode, which goes on. */
  | { joined: Episode }
  | { refused: string; notify?: (notifyOfEvent: () => Promise<void>) => Promise<void> }

export interface MatchedEvent<Rule> {
  match: Match<Rule>
  event: Pick<RefusedRequest, 'source' | 'key' | 'subject'>
  /** The id of the run that the event starts, or has started. */
  id: string
  /** Absent where nothing but the match can reject the event. */
  findRejection?: (request: RunRequest, rule: Rule) => Promise<Rejection | undefined>
  /** The open episode of its trouble, where that decides what is done. */
  findJoined?: (request: RunRequest, rule: Rule) => Promise<Episode | undefined>
  /** Begins the episode that the run belongs to, if any. */
  begin?: (request: RunRequest, rule: Rule) => Promise<Episode | undefined>
}

export async function startMatched<Rule extends AlarmRule | TicketRule>(
  starter: Starter,
  matched: MatchedEvent<Rule>,
): Promise<Result> {
  const { ports } = starter
  const { match, event, id, findRejection } = matched
  const { subject } = event
  const named = match.rule ? { subject, rule: match.rule.name } : { subject }
  // The rules of today do not undo a run. Where nothing can reject a new event, accepting it finds the earlier run.
  const isCheckedByAccept = 'request' in match && !match.late && !findRejection
  const known = isCheckedByAccept ? undefined : await ports.store.get(id)
  if (known) return { ...named, ...repeatOf(id, known) }
  if ('ignored' in match) return { ...named, ignored: match.ignored }
  const refuseEvent = (reason: string): Promise<Result> => refuse(ports, { ...event, rule: match.rule.name, reason })
  if ('refused' in match) return refuseEvent(match.refused)
  if (match.late) return refuseEvent(match.late)
  return { ...named, ...(await start(starter, matched, { ...match, refuseEvent })) }
}

function repeatOf(id: string, run: Run | undefined): Partial<Result> {
  return { runs: [id], ...(run?.episodeId === undefined ? {} : { episode: run.episodeId }) }
}

interface Starting<Rule> {
  request: RunRequest
  rule: Rule
  refuseEvent: (reason: string) => Promise<Result>
}

/** Starts the run of an event, unless something rejects it. */
async function start<Rule>(
  { ports, regions }: Starter,
  { id, findRejection, findJoined, begin }: MatchedEvent<Rule>,
  { request, rule, refuseEvent }: Starting<Rule>,
): Promise<Partial<Result>> {
  const askedAtMs = ports.clock()
  let episode: Episode | undefined
  try {
    const rejection = await findRejection?.(request, rule)
    if (rejection && 'ignored' in rejection) return rejection
    if (rejection && 'joined' in rejection) return joinedResult(rejection.joined)
    if (rejection) {
      // Another delivery of the event may have been faster and decided otherwise: one event has one answer.
      const faster = await ports.store.get(id)
      if (faster) return repeatOf(id, faster)
      const notifyOfEvent = async (): Promise<void> => void (await refuseEvent(rejection.refused))
      await (rejection.notify ?? ((notify) => notify()))(notifyOfEvent)
      return { refused: rejection.refused }
    }
    episode = await begin?.(request, rule)
    // Another alarm of the trouble was faster.
    const joined = episode ? undefined : await findJoined?.(request, rule)
    if (joined) return joinedResult(joined)
    const ofEpisode = episode ? { episodeId: episode.id } : {}
    const { run } = await accept(ports, { ...request, ...ofEpisode, checkedAtMs: askedAtMs }, regions)
    if (episode) await noteBegun(ports, episode, run)
    return { ...repeatOf(run.id, run), ...(await warningsFor(ports, run)) }
  } catch (error) {
    // Another delivery of the event, under other rules, was faster.
    if (error instanceof KeyReusedError) return repeatOf(id, await ports.store.get(id))
    // A misspelt target stays misspelt in every delivery.
    if (!(error instanceof RequestError)) throw error
    if (episode) await noteImpossible(ports, episode, error.message)
    return refuseEvent(error.message)
  }
}

function joinedResult({ id, phase, rungs }: Episode): Partial<Result> {
  const runs = rungs.flatMap(({ runId }) => runId ?? [])
  return { ...(runs.length > 0 ? { runs } : { ignored: `its episode is ${phase}` }), episode: id }
}

/** Notifies people that a rule asked for a run that cannot be. */
export async function refuse(
  ports: RecordPorts,
  refusal: Omit<RefusedRequest, 'at'> & { rule: string },
): Promise<Result> {
  const { subject, rule, reason } = refusal
  await ports.publisher.requestRefused({ ...refusal, at: new Date(ports.clock()).toISOString() })
  return { subject, rule, refused: reason }
}
