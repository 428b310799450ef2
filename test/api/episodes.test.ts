import { beforeEach, describe, expect, test } from 'vitest'
import { type EpisodeView, getEpisode, listEpisodes } from '../../lib/api/episodes.ts'
import type { HttpEvent, HttpResult } from '../../lib/api/http/http.ts'
import { type Episode, episodeId } from '../../lib/runs/episodes/episode.ts'
import { createWorld, type World } from '../world/world.ts'
import { problemResponse } from './problem-response.ts'

const AT = '2026-01-01T00:00:00.000Z'
const RESOURCE = 'huawei/dcs/a'
const ID = episodeId({ rule: 'ladder', resource: RESOURCE }, 1)
const SOFT = { operation: 'dcs.instance.soft-restart', settleMs: 300_000 }
const SWAP = { operation: 'dcs.instance.swap', params: { x: 1 }, settleMs: 600_000 }
const FLUSH = { operation: 'dcs.instance.flush', settleMs: 300_000, needsApproval: true }
const OVER = { ...SOFT, runId: 'run_1', startedAt: AT, endedAt: AT, state: 'succeeded' } as const

let world: World
beforeEach(() => {
  world = createWorld()
})

function keep(over: Partial<Episode> = {}): Episode {
  const { rule = 'ladder', resource = RESOURCE } = over
  const episode: Episode = {
    ...{ id: episodeId({ rule, resource }, 1), kind: 'episode', createdAt: AT, version: 1, expiresAtSeconds: 1 },
    ...{ rule, resource, target: { secret: 1 }, alarm: 'dead', key: 'k', collision: 'skip', listedAs: 'open' },
    ...{ source: { kind: 'alarm', name: 'huawei', id: 'al1' }, tellsResolved: true, withdraws: true, since: AT },
    ...{ rungs: [SOFT, SWAP, FLUSH], current: 0, phase: 'running' },
    ...{ signal: { seen: 2, firingAt: AT, keys: ['k'] }, ...over },
  }
  world.documents.set(episode.id, episode)
  return episode
}

async function ask(
  route: typeof listEpisodes,
  event: Partial<HttpEvent>,
): Promise<HttpResult & { json: EpisodeView & { episodes: EpisodeView[]; cursor?: string; detail?: string } }> {
  const requestContext = { domainName: 'ops.example' }
  const whole = { headers: {}, isBase64Encoded: false, requestContext, ...event } as HttpEvent // the fields that routes read
  const deployment = { home: 'aws', access: 'iam' } as const
  const ports = { ...world.ports, deployment: { ...deployment, publicUrl: 'https://ops.example' } }
  const result = await route(ports, whole).catch((error: unknown) => problemResponse(error))
  return { ...result, json: JSON.parse(result.body ?? '{}') }
}
const list = (query: Record<string, string> = {}) => ask(listEpisodes, { queryStringParameters: query })
const get = (id: string) => ask(getEpisode, { pathParameters: { id } })

describe('GET /episodes/{id}', () => {
  test('shows what was seen and tried, and nothing of the bookkeeping', async () => {
    const since = '2026-01-01T00:01:00.000Z'
    keep({ rungs: [OVER, SWAP, FLUSH], phase: 'settling', since })
    expect((await get(ID)).json).toEqual({
      ...{ id: ID, rule: 'ladder', resource: RESOURCE, alarm: 'dead', phase: 'settling', since, openedAt: AT },
      source: { kind: 'alarm', name: 'huawei', id: 'al1' },
      signal: { isFiring: true, seen: 2, firingAt: AT },
      rungs: [
        {
          ...{ operation: SOFT.operation, settleSeconds: 300, runId: 'run_1' },
          ...{ startedAt: AT, endedAt: AT, state: 'succeeded' },
        },
        { operation: SWAP.operation, params: { x: 1 }, settleSeconds: 600 },
        { operation: FLUSH.operation, settleSeconds: 300, needsApproval: true },
      ],
      next: {
        text: 'if the alarm still fires: dcs.instance.swap',
        ...{ rung: 2, operation: SWAP.operation, at: '2026-01-01T00:05:00.000Z' },
      },
      links: { self: `https://ops.example/episodes/${ID}`, runs: ['https://ops.example/runs/run_1'] },
    })
  })

  const STILL = 'if the alarm still fires'
  const AFTER = `${STILL} after its run and the time to settle`
  test.for<[string, Partial<Episode>, object | undefined]>([
    [
      'the rung that is due',
      { phase: 'starting', current: 1 },
      { text: 'dcs.instance.swap begins', rung: 2, operation: SWAP.operation, at: AT },
    ],
    ['the following rung', {}, { text: `${AFTER}: dcs.instance.swap`, rung: 2, operation: SWAP.operation }],
    [
      'people, before a rung that needs them',
      { current: 1 },
      { text: `${AFTER}: people are notified, for dcs.instance.flush needs an approval` },
    ],
    [
      'people, after the last rung',
      { rungs: [OVER], phase: 'settling' },
      { text: `${STILL}: people are notified, for no step is left`, at: '2026-01-01T00:05:00.000Z' },
    ],
    [
      'its end, after all was tried',
      { phase: 'exhausted', isUncounted: true },
      { text: 'it is closed when the alarm resolves, or after a quiet day', at: '2026-01-02T00:00:00.000Z' },
    ],
    ['nothing, once it is closed', { phase: 'closed', closedAt: AT, why: 'the alarm is resolved' }, undefined],
  ])('says that %s comes next', async ([, over, next]) => {
    keep(over)
    expect((await get(ID)).json.next).toEqual(next)
  })

  test.for([`${ID.slice(0, -1)}2`, 'x', 'guard:pauses', 'run_1'])('of %s is 404', async (id) => {
    keep()
    await world.ports.store.saveDocument({ ...keep(), id: 'guard:pauses', kind: 'guard' })
    expect((await get(id)).statusCode).toBe(404)
  })
})

describe('GET /episodes', () => {
  const at = (minute: number) => `2026-01-01T00:0${minute}:00.000Z`
  beforeEach(() => {
    keep({ rule: 'one', resource: 'huawei/dcs/a', createdAt: at(1) })
    keep({ rule: 'two', resource: 'huawei/dcs/a', createdAt: at(2), phase: 'closed', listedAs: 'closed' })
    keep({ rule: 'one', resource: 'huawei/dcs/b', createdAt: at(3) })
    keep({ rule: 'two', resource: 'huawei/dcs/b', createdAt: at(4), phase: 'exhausted' })
  })
  const shown = ({ episodes }: { episodes: EpisodeView[] }): string[] =>
    episodes.map(({ rule, resource }) => `${rule} ${resource.at(-1)}`)

  test.for<[Record<string, string>, string[]]>([
    [{}, ['two b', 'one b', 'two a', 'one a']],
    [{ state: 'open' }, ['two b', 'one b', 'one a']],
    [{ state: 'closed' }, ['two a']],
    [{ rule: 'one' }, ['one b', 'one a']],
    [{ resource: 'HUAWEI/dcs/b' }, ['two b', 'one b']],
    [{ resource: 'huawei/dcs/b', rule: 'two', state: 'open' }, ['two b']],
    [{ rule: 'none' }, []],
  ])('by %j shows those that fit, newest first, also page by page', async ([query, expected]) => {
    const { json } = await list(query)
    expect([shown(json), json.cursor]).toEqual([expected, undefined])
    const pages: string[] = []
    let cursor: string | undefined
    do {
      const page = await list({ ...query, limit: '1', ...(cursor ? { cursor } : {}) })
      expect(page.json.episodes.length).toBeLessThanOrEqual(1)
      pages.push(...shown(page.json))
      cursor = page.json.cursor
    } while (cursor)
    expect(pages).toEqual(expected)
  })

  test('never shows more than the limit', async () => {
    for (const id of ['c', 'd']) keep({ rule: 'one', resource: `huawei/dcs/${id}`, createdAt: at(0) })
    expect((await list({ rule: 'one', limit: '3' })).json.episodes).toHaveLength(3)
  })

  test('reads ten pages at most, and goes on by the cursor', async () => {
    for (let n = 0; n < 30; n++) keep({ rule: 'many', resource: `huawei/dcs/${n}`, createdAt: at(5) })
    const { json } = await list({ rule: 'one', limit: '1' })
    expect([json.episodes, json.cursor]).toEqual([[], '10'])
  })

  test.for([{ state: 'over' }, { limit: '0' }, { rule: '' }, { name: 'x' }])('by %j is a mistake', async (query) => {
    expect((await list(query)).statusCode).toBe(400)
  })
})
