import * as z from 'zod'
import { EPISODE, EPISODE_ID, EPISODE_VERDICTS, Episode, isFiring, type Rung } from '../runs/episodes/episode.ts'
import { readEpisode } from '../runs/episodes/run-ended.ts'
import type { Page, RecordPorts } from '../runs/ports.ts'
import { Source } from '../runs/run.ts'
import { State } from '../runs/states.ts'
import type { Deployment } from './deployment.ts'
import { baseOf } from './http/base.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from './http/http.ts'
import { EpisodesQuery } from './parameters.ts'
import { notFound } from './problems/errors.ts'

/** Troubles of resources: what was tried for each, whether it helped, and what comes next. */

const RungView = z.object({
  operation: z.string().describe('Name of the operation'),
  params: z.record(z.string(), z.unknown()).optional().describe('How it is done'),
  settleSeconds: z.int().describe('After its end, the alarm has so long to resolve'),
  needsApproval: z.boolean().optional().describe('A person must approve it: the ladder stops before it'),
  runId: z.string().optional().describe('Id of its run; absent where it was not begun'),
  startedAt: z.iso.datetime().optional().describe('When its run was requested'),
  endedAt: z.iso.datetime().optional().describe('When its run ended'),
  state: z.optional(State),
  verdict: z
    .enum(EPISODE_VERDICTS)
    .optional()
    .describe('Whether it helped, by the alarm; the outcome of the run is another matter'),
})

const NextView = z
  .object({
    text: z.string().describe('What comes next'),
    rung: z.int().optional().describe('Number of the rung, from 1; absent where no rung follows'),
    operation: z.string().optional().describe('Its operation'),
    at: z.iso.datetime().optional().describe('When; absent where that follows from the end of a run'),
  })
  .describe('What comes next; absent once it is closed')

export const EpisodeView = z.object({
  id: z.string().describe('Id of the episode'),
  rule: z.string().describe('Name of the rule'),
  resource: z.string().describe('The resource in trouble, e.g. `huawei/dcs/<id>`'),
  alarm: z.string().describe('Name of the alarm'),
  source: Source.check(z.describe('Where the alarm came from')),
  phase: z
    .enum(['starting', 'running', 'settling', 'exhausted', 'closed'])
    .describe('`settling`: the alarm has time to resolve · `exhausted`: all was tried, and people were notified'),
  since: z.iso.datetime().describe('Since when it is in this phase'),
  openedAt: z.iso.datetime().describe('When its first alarm came'),
  closedAt: z.iso.datetime().optional().describe('When it was closed'),
  why: z.string().optional().describe('Why it stopped'),
  signal: z
    .object({
      isFiring: z.boolean().describe('Nobody has said that it is resolved since it last fired'),
      seen: z.int().describe('Alarms that said it fires, without repeats'),
      firingAt: z.iso.datetime().describe('When it last began to fire'),
      resolvedAt: z.iso.datetime().optional().describe('When it was last resolved'),
    })
    .describe('What its alarms say'),
  rungs: z.array(RungView).describe('The steps of the ladder, the gentle one first'),
  next: NextView.optional(),
  links: z
    .object({
      self: z.string().describe('Address of the episode'),
      runs: z.array(z.string()).describe('Addresses of its runs, in the order of the rungs'),
    })
    .describe('Addresses'),
})
export type EpisodeView = z.infer<typeof EpisodeView>

interface EpisodePorts extends Pick<RecordPorts, 'store'> {
  deployment: Deployment
}

/** `GET /episodes`. */
export async function listEpisodes(ports: EpisodePorts, event: HttpEvent): Promise<HttpResult> {
  const { episodes, cursor } = await pageOf(ports, readQuery(EpisodesQuery, event.queryStringParameters))
  const base = baseOf(event, ports.deployment.publicUrl)
  return jsonResult(200, { episodes: episodes.map((one) => viewOf(one, base)), ...(cursor ? { cursor } : {}) })
}

/** `GET /episodes/{id}`. */
export async function getEpisode(ports: EpisodePorts, event: HttpEvent): Promise<HttpResult> {
  const id = event.pathParameters?.id ?? ''
  const episode = EPISODE_ID.test(id) ? await readEpisode(ports, id) : undefined
  if (!episode) throw notFound('episode', id)
  return jsonResult(200, viewOf(episode, baseOf(event, ports.deployment.publicUrl)))
}

/** No index has rules and resources: so many pages are read for one, and the caller goes on with the cursor. */
const MAX_PAGES = 10

/** A page of those that fit. It may be short, and have a cursor. */
async function pageOf(
  { store }: EpisodePorts,
  { state, rule, resource, limit, cursor: start }: z.infer<typeof EpisodesQuery>,
): Promise<{ episodes: Episode[]; cursor?: string | undefined }> {
  const listedAs = state === undefined ? ['open', 'closed'] : [state]
  const episodes: Episode[] = []
  let cursor: Page['cursor'] = start
  for (let page = 0; page < MAX_PAGES; page++) {
    // The cursor is that of the last one read: no more are read than there is room for.
    const found = await store.listDocuments({ kind: 'episode', listedAs, limit: limit - episodes.length, cursor })
    const read = found.documents.flatMap((document) => Episode.safeParse(document).data ?? [])
    episodes.push(
      ...read.filter((one) => (rule ?? one.rule) === one.rule && (resource ?? one.resource) === one.resource),
    )
    cursor = found.cursor
    if (cursor === undefined || episodes.length === limit) break
  }
  return { episodes, cursor }
}

function viewOf(episode: Episode, base: string): EpisodeView {
  const { id, rule, resource, alarm, source, phase, since, createdAt: openedAt, closedAt, why } = episode
  const { seen, firingAt, resolvedAt } = episode.signal
  const next = nextOf(episode)
  return {
    ...{ id, rule, resource, alarm, source, phase, since, openedAt, closedAt, why },
    signal: { isFiring: isFiring(episode), seen, firingAt, resolvedAt },
    rungs: episode.rungs.map(rungView),
    ...(next ? { next } : {}),
    links: {
      self: `${base}/episodes/${id}`,
      runs: episode.rungs.flatMap(({ runId }) => (runId === undefined ? [] : [`${base}/runs/${runId}`])),
    },
  }
}

/** The first rung is begun by the rule itself: a ladder stops before later ones only. */
function rungView(rung: Rung, index: number): z.infer<typeof RungView> {
  const { operation, params, settleMs, runId, startedAt, endedAt, state, verdict } = rung
  const needsApproval = index > 0 ? rung.needsApproval : undefined
  return { operation, params, settleSeconds: settleMs / 1000, needsApproval, runId, startedAt, endedAt, state, verdict }
}

function nextOf({ isUncounted, ...episode }: Episode): EpisodeView['next'] {
  const { phase, rungs, current, since } = episode
  if (phase === 'closed') return undefined
  if (phase === 'exhausted') {
    return { text: 'it is closed when the alarm resolves, or after a quiet day', at: EPISODE.dueAt?.(episode) }
  }
  if (phase === 'starting') {
    const { operation } = rungs[current] ?? {}
    return { text: `${operation} begins`, rung: current + 1, operation, at: since }
  }
  const at = phase === 'settling' ? EPISODE.dueAt?.(episode) : undefined
  const when =
    phase === 'settling' ? 'if the alarm still fires' : 'if the alarm still fires after its run and the time to settle'
  const following = rungs[current + 1]
  if (!following) return { text: `${when}: people are notified, for no step is left`, at }
  const { operation, needsApproval } = following
  if (needsApproval) return { text: `${when}: people are notified, for ${operation} needs an approval`, at }
  return { text: `${when}: ${operation}`, rung: current + 2, operation, at }
}
