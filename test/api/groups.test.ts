import { beforeEach, describe, expect, test } from 'vitest'
import { listGroups, resumeGroup } from '../../lib/api/groups.ts'
import type { HttpEvent, HttpResult } from '../../lib/api/http/http.ts'
import { DEFAULT_STORM } from '../../lib/runs/guards/settings.ts'
import { noteAsking } from '../../lib/runs/guards/storm.ts'
import { createWorld, type World } from '../world/world.ts'
import { problemResponse } from './problem-response.ts'

const CACHES = { resources: ['huawei/dcs/*'], maxAtOnce: 2, storm: 'off' } as const
const EVERYTHING = { resources: ['*'], storm: DEFAULT_STORM }

let world: World
beforeEach(() => {
  world = createWorld()
  world.ports.guards = { groups: { caches: CACHES, everything: EVERYTHING }, rules: {} }
})

async function ask(
  route: typeof listGroups,
  event: Partial<HttpEvent>,
): Promise<HttpResult & { json: Record<string, unknown> }> {
  const whole = { headers: {}, isBase64Encoded: false, requestContext: {}, ...event } as HttpEvent // the fields that routes read
  const result = await route(world.ports, whole).catch((error: unknown) => problemResponse(error))
  return { ...result, json: JSON.parse(result.body ?? '{}') }
}
const resume = (name: string, body: unknown) =>
  ask(resumeGroup, { pathParameters: { name }, body: JSON.stringify(body) })
const storm = async (): Promise<void> => {
  for (let n = 0; n < 11; n++)
    await noteAsking(world.ports, {
      resource: `huawei/dcs/${n}`,
      runId: `run_${n}`,
      groups: [['everything', EVERYTHING]],
    })
}
const CALM = { resources: 10, within: '5m', calm: '15m', asking: 0 }

describe('GET /groups', () => {
  test('shows limits, the runs that count, and storms', async () => {
    const { id, resource } = await world.accept({})
    await world.pass(5_000)
    await storm()
    expect(await ask(listGroups, {})).toMatchObject({
      statusCode: 200,
      json: {
        groups: [
          {
            ...{ name: 'caches', resources: ['huawei/dcs/*'], maxAtOnce: 2 },
            slots: [{ runId: id, resource, state: 'tracking', since: '2026-01-01T00:00:00.000Z' }],
          },
          {
            ...{ name: 'everything', resources: ['*'], slots: [] },
            storm: { ...CALM, asking: 11, since: '2026-01-01T00:00:05.000Z', until: '2026-01-01T00:20:05.000Z' },
          },
        ],
      },
    })
    await world.pass(30 * 60_000)
    expect((await ask(listGroups, {})).json).toEqual({
      groups: [
        { name: 'caches', resources: ['huawei/dcs/*'], maxAtOnce: 2, slots: [] },
        { name: 'everything', resources: ['*'], slots: [], storm: CALM },
      ],
    })
  })

  test('takes no parameters', async () => {
    expect((await ask(listGroups, { queryStringParameters: { name: 'x' } })).statusCode).toBe(400)
  })
})

describe('POST /groups/{name}/resume', () => {
  test('ends the storm, and people are told by whom and why', async () => {
    await storm()
    expect(await resume('everything', { reason: 'the zone is back' })).toMatchObject({
      statusCode: 200,
      json: { name: 'everything', storm: CALM },
    })
    expect(world.announced).toMatchObject([
      { type: 'storm.began' },
      { type: 'storm.ended', by: 'unauthenticated', reason: expect.stringContaining('the zone is back') },
    ])
  })

  test('of a group without a storm changes nothing', async () => {
    expect([(await resume('everything', { reason: 'x' })).statusCode, world.documents.size]).toEqual([200, 0])
  })

  test.for([[{}], [{ reason: '' }], [{ reason: 'x'.repeat(1001) }], [{ reason: 'x', more: 1 }], ['x']])(
    'with %j is a mistake, and ends nothing',
    async ([body]) => {
      await storm()
      expect((await resume('everything', body)).statusCode).toBe(400)
      expect(world.announced).toHaveLength(1)
    },
  )

  test.for(['caches', 'other', 'toString', 'x'.repeat(3_000)])('of %s is 404, and stores nothing', async (name) => {
    expect((await resume(name, { reason: 'x' })).statusCode).toBe(404)
    expect(world.documents.size).toBe(0)
  })
})
