import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Deployment } from '../../lib/api/deployment.ts'
import { EVENT_EXAMPLES } from '../../lib/api/routes/examples.ts'
import { routesOf } from '../../lib/api/routes.ts'
import type { Episode } from '../../lib/runs/episodes/episode.ts'
import { signStandardWebhook } from '../../lib/sources/verify/standard-webhooks.ts'
import { openApi, undocumented } from '../documented.ts'
import type { Home } from './home.ts'
import { HOMES } from './homes.ts'
import { patientFetch } from './patient-fetch.ts'
import { instance, type SeenRun, startTestMachine, type TestMachine } from './test-machine.ts'

/** What is really answered, held against the schemas of the document. */

const seeds = Array.from({ length: 8 }, (_, index) => instance(index))
const target = (index: number): { instanceId: string } => ({ instanceId: seeds[index]?.id ?? '' })
const SWAP = 'dcs.instance.swap'
const NOBODY = 'run_00000000000000000000000000000000'
const EPISODE = 'ep_0123456789abcdef01234567_1'

/** Its first step did not help, and the second one has begun. */
const anEpisode = (at: string): Episode => ({
  ...{ id: EPISODE, kind: 'episode', createdAt: at, listedAs: 'open', version: 1, expiresAtSeconds: 4_000_000_000 },
  ...{ rule: 'restart', resource: 'huawei/dcs/x', target: {}, alarm: 'dead', key: 'k', collision: 'skip' },
  ...{ source: { kind: 'alarm', name: 'huawei', id: 'al1' }, tellsResolved: true, withdraws: true },
  ...{ current: 1, phase: 'running', since: at, signal: { seen: 2, firingAt: at, keys: ['k'] } },
  rungs: [
    {
      ...{ operation: SWAP, params: {}, settleMs: 300_000, runId: NOBODY, startedAt: at, endedAt: at },
      ...{ state: 'succeeded', verdict: 'did-not-help' },
    },
    { operation: SWAP, settleMs: 300_000, runId: NOBODY, startedAt: at },
    { operation: 'dcs.instance.flush', settleMs: 300_000, needsApproval: true },
  ],
})

/** Nobody need prove who they are to a machine that only itself can reach. */
function deploymentOf({ name }: Home): Pick<Deployment, 'home' | 'access'> {
  return name === 'AWS' ? { home: 'aws', access: 'iam' } : { home: 'one machine', access: 'none' }
}

describe.for(HOMES)('on $name:', (home) => {
  let on: TestMachine
  /** A run that has the instance 0 for as long as the tests take. */
  let held: string
  beforeAll(async () => {
    on = await startTestMachine(home, { dcs: { workMs: { restart: 1_200_000, swap: 1_000 }, instances: seeds } })
    held = await on.ask('dcs.instance.restart', target(0))
    const { store, clock } = on.machine
    const letter = {
      from: 'polls',
      queue: 'PollsDeadLetters',
      body: '{}',
      at: new Date(clock()).toISOString(),
    } as const
    await store.saveDocument(anEpisode(letter.at))
    await store.createDeadLetter({ ...letter, messageId: 'whole' })
    await store.createDeadLetter({ ...letter, messageId: 'cut', cutFromBytes: 400_000 })
  })
  afterAll(() => on.dispose())

  const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Response> =>
    patientFetch(`${on.machine.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })

  /** A delivery; without a payload, a look at the address. */
  const webhook = (payload: unknown, more: Record<string, string> = {}): Promise<Response> => {
    const body = JSON.stringify(payload) ?? ''
    const as = { id: `msg_${crypto.randomUUID()}`, atMs: on.machine.clock() }
    const headers = signStandardWebhook(on.machine.webhooks.WEBHOOK_GENERIC_SECRETS ?? '', body, as)
    const method = payload === undefined ? 'GET' : 'POST'
    return send(method, '/webhooks/generic', { ...headers, ...more }, body === '' ? undefined : body)
  }

  const swap = (index: number): object => ({ operation: SWAP, target: target(index) })
  const two = (...indexes: number[]): object => ({ operation: SWAP, targets: indexes.map(target) })
  const key = (value: string): Record<string, string> => ({ 'idempotency-key': value })

  /** Asks for a run that waits in line, and withdraws it. */
  async function withdrawn(): Promise<Response> {
    const waiting = (await (await on.post({ ...swap(0), collision: 'queue' })).json()) as SeenRun // our own API
    return send('POST', `/runs/${waiting.id}/cancel`)
  }

  async function ended(): Promise<Response> {
    const { id } = await on.end(await on.ask(SWAP, target(1)))
    return on.get(`/runs/${id}`)
  }

  async function tooLate(): Promise<Response> {
    await expect.poll(async () => (await on.run(held)).state).toBe('tracking')
    return send('POST', `/runs/${held}/cancel`)
  }

  async function unchanged(): Promise<Response> {
    const { id } = await on.end(await on.ask(SWAP, target(6)))
    // How it ended is told a moment later, which is a change.
    for (;;) {
      const etag = (await on.get(`/runs/${id}`)).headers.get('etag') ?? ''
      await sleep(500)
      const response = await send('GET', `/runs/${id}`, { 'if-none-match': etag })
      if (response.status === 304) return response
    }
  }

  async function delivered(): Promise<Response> {
    await webhook({ type: 'ticket.closed' })
    const { deliveries } = (await (await on.get('/deliveries?source=generic&limit=1')).json()) as {
      deliveries: SeenRun[]
    } // our own API
    return on.get(`/deliveries/${deliveries[0]?.id}`)
  }

  const tencent = (token = on.machine.webhooks.WEBHOOK_TENCENT_SECRETS ?? ''): string =>
    `/webhooks/tencent?${new URLSearchParams({ token })}`

  const clear = (of: string, reason: string) =>
    send('POST', `/limits/${of}/clear`, { 'content-type': 'application/json' }, JSON.stringify({ reason }))

  /** Nothing here starts monitoring. */
  const pause = (reason: string) => ({ scope: 'operation:emr.monitor.start', reason })

  async function endedPause(): Promise<Response> {
    const { id } = (await (await on.postTo('/pauses', pause('why'))).json()) as SeenRun // our own API
    return send('DELETE', `/pauses/${id}`)
  }

  /** Its answer, asked for with the tag that it has. */
  async function known(path: string): Promise<Response> {
    return send('GET', path, { 'if-none-match': (await on.get(path)).headers.get('etag') ?? '' })
  }

  async function batch(): Promise<Response> {
    const { id } = (await (await on.postTo('/batches', two(2, 6))).json()) as SeenRun // our own API
    return on.get(`/batches/${id}`)
  }

  async function unauthentic(): Promise<Response> {
    await send('POST', '/webhooks/generic', {}, '{}')
    return on.get('/unauthentic-deliveries?source=generic')
  }

  type Row = [route: string, status: number, what: string, ask: () => Promise<Response>]

  /** On AWS, events come without this route. */
  const EVENTS: Row[] = [
    ['POST /events', 202, 'an alarm', () => on.postTo('/events', EVENT_EXAMPLES['alarm state change'])],
    ['POST /events', 400, 'no event', () => on.postTo('/events', { a: 1 })],
    ['POST /events', 413, 'too much', () => on.postTo('/events', 'x'.repeat(1024 * 1024 + 1))],
    ['POST /events', 415, 'another type', () => on.postTo('/events', {}, { 'content-type': 'text/plain' })],
    ['POST /events', 405, 'another method', () => send('GET', '/events')],
  ]

  const ANSWERS: Row[] = [
    ['POST /runs', 202, 'a run', () => on.post(swap(2), key('k2'))],
    ['POST /runs', 200, 'what was waited for', () => on.waitFor(swap(7), 'k7')],
    ['POST /runs', 400, 'a wrong field', () => on.post({ ...swap(2), force: true })],
    ['POST /runs', 409, 'a target that another has', () => on.post(swap(0))],
    ['POST /runs', 413, 'too much', () => on.post('x'.repeat(300_000))],
    ['POST /runs', 415, 'another type', () => on.post(swap(2), { 'content-type': 'text/plain' })],
    ['POST /runs', 415, 'a way to pack that is not read', () => on.post(swap(2), { 'content-encoding': 'br' })],
    ['POST /runs', 422, 'a key that was used', () => on.post(swap(0), key('k2'))],
    ['GET /runs', 200, 'a page', () => on.get('/runs?limit=1')],
    ['GET /runs', 200, 'many', () => on.get('/runs?limit=100')],
    ['GET /runs', 400, 'a wrong limit', () => on.get('/runs?limit=0')],
    ['GET /runs/{id}', 200, 'a live run', () => on.get(`/runs/${held}`)],
    ['GET /runs/{id}', 200, 'a run that has ended', ended],
    ['GET /runs/{id}', 304, 'as it was', unchanged],
    ['GET /runs/{id}', 404, 'none', () => on.get(`/runs/${NOBODY}`)],
    ['POST /runs/{id}/cancel', 200, 'in time', withdrawn],
    ['POST /runs/{id}/cancel', 404, 'none', () => send('POST', `/runs/${NOBODY}/cancel`)],
    ['POST /runs/{id}/cancel', 409, 'too late', tooLate],
    [
      'POST /runs/{id}/cancel',
      412,
      'changed since',
      async () => {
        const waiting = (await (await on.post({ ...swap(0), collision: 'queue' })).json()) as SeenRun // our own API
        return send('POST', `/runs/${waiting.id}/cancel`, { 'if-match': '"0"' })
      },
    ],
    ['POST /batches', 202, 'two runs', () => on.postTo('/batches', two(3, 4), key('b1'))],
    ['POST /batches', 202, 'again', () => on.postTo('/batches', two(3, 4), key('b1'))],
    ['POST /batches', 400, 'one target', () => on.postTo('/batches', swap(3))],
    ['POST /batches', 413, 'too much', () => on.postTo('/batches', 'x'.repeat(300_000))],
    ['POST /batches', 415, 'another type', () => on.postTo('/batches', two(3, 4), { 'content-type': 'text/plain' })],
    ['POST /batches', 422, 'a key that was used', () => on.postTo('/batches', two(3, 5), key('b1'))],
    ['GET /batches/{id}', 200, 'one', batch],
    ['GET /batches/{id}', 404, 'none', () => on.get('/batches/batch_00000000000000000000000000000000')],
    ['POST /plans', 200, 'what would be sent', () => on.postTo('/plans', swap(6))],
    ['POST /plans', 200, 'what would be refused', () => on.postTo('/plans', swap(0))],
    ['POST /plans', 400, 'many targets', () => on.postTo('/plans', two(6, 0))],
    ['POST /plans', 413, 'too much', () => on.postTo('/plans', 'x'.repeat(300_000))],
    ['POST /plans', 415, 'another type', () => on.postTo('/plans', swap(6), { 'content-type': 'text/plain' })],
    ['POST /plans', 422, 'a key that was used', () => on.postTo('/plans', swap(0), key('k2'))],
    ['POST /batch-plans', 200, 'plans', () => on.postTo('/batch-plans', two(6, 0))],
    ['POST /batch-plans', 400, 'one target', () => on.postTo('/batch-plans', swap(6))],
    ['POST /batch-plans', 413, 'too much', () => on.postTo('/batch-plans', 'x'.repeat(300_000))],
    [
      'POST /batch-plans',
      415,
      'another type',
      () => on.postTo('/batch-plans', two(6, 0), { 'content-type': 'text/plain' }),
    ],
    ['POST /batch-plans', 422, 'a key that was used', () => on.postTo('/batch-plans', two(3, 5), key('b1'))],
    ['GET /runs', 405, 'another method', () => send('DELETE', '/runs')],
    ['POST /plans', 405, 'another method', () => send('GET', '/plans')],
    ['GET /operations', 200, 'the catalogue', () => on.get('/operations')],
    ['GET /operations', 304, 'as it was', () => known('/operations')],
    ['GET /episodes', 200, 'a page', () => on.get('/episodes?state=open&rule=restart&limit=1')],
    ['GET /episodes', 400, 'a state that is none', () => on.get('/episodes?state=over')],
    ['GET /episodes/{id}', 200, 'one', () => on.get(`/episodes/${EPISODE}`)],
    ['GET /episodes/{id}', 404, 'none', () => on.get('/episodes/gone')],
    ['GET /groups', 200, 'all', () => on.get('/groups')],
    ['GET /groups', 400, 'a parameter', () => on.get('/groups?limit=1')],
    ['POST /groups/{name}/resume', 200, 'no storm', () => on.postTo('/groups/everything/resume', { reason: 'why' })],
    ['POST /groups/{name}/resume', 400, 'no reason', () => on.postTo('/groups/everything/resume', {})],
    ['POST /groups/{name}/resume', 404, 'no group', () => on.postTo('/groups/none/resume', { reason: 'why' })],
    ['GET /limits', 200, 'what is used', () => on.get('/limits?rule=restart')],
    ['GET /limits', 400, 'of nothing', () => on.get('/limits')],
    [
      'POST /limits/{cloud}/{service}/{id}/clear',
      200,
      'opened',
      () => clear(`huawei/dcs/${target(0).instanceId}`, 'why'),
    ],
    [
      'POST /limits/{cloud}/{service}/{id}/clear',
      400,
      'no reason',
      () => clear(`huawei/dcs/${target(0).instanceId}`, ''),
    ],
    ['POST /limits/{cloud}/{service}/{id}/clear', 404, 'nothing counted', () => clear('huawei/dcs/none', 'why')],
    [
      'POST /limits/{cloud}/{service}/{id}/clear',
      415,
      'another type',
      () => on.postTo('/limits/huawei/dcs/none/clear', {}, { 'content-type': 'text/plain' }),
    ],
    ['POST /limits/rule/{name}/clear', 404, 'nothing counted', () => clear('rule/none', 'why')],
    ['GET /rules', 200, 'all', () => on.get('/rules')],
    ['GET /rules', 400, 'a parameter', () => on.get('/rules?name=a')],
    [
      'POST /rules/{name}/arm',
      200,
      'armed',
      () => on.postTo('/rules/restart-unresponsive-redis/arm', { reason: 'why' }),
    ],
    ['POST /rules/{name}/arm', 400, 'no reason', () => on.postTo('/rules/restart-unresponsive-redis/arm', {})],
    ['POST /rules/{name}/arm', 404, 'no rule', () => on.postTo('/rules/none/arm', { reason: 'why' })],
    ['POST /pauses', 201, 'a pause', () => on.postTo('/pauses', pause('why'), key('p1'))],
    ['POST /pauses', 200, 'again', () => on.postTo('/pauses', pause('why'), key('p1'))],
    ['POST /pauses', 400, 'of nothing', () => on.postTo('/pauses', { scope: 'rule:none', reason: 'why' })],
    ['POST /pauses', 413, 'too much', () => on.postTo('/pauses', 'x'.repeat(300_000))],
    ['POST /pauses', 415, 'another type', () => on.postTo('/pauses', pause('why'), { 'content-type': 'text/plain' })],
    ['POST /pauses', 422, 'a key that was used', () => on.postTo('/pauses', pause('another'), key('p1'))],
    ['GET /pauses', 200, 'all', () => on.get('/pauses')],
    ['GET /pauses', 400, 'a parameter', () => on.get('/pauses?limit=1')],
    ['DELETE /pauses/{id}', 200, 'ended', endedPause],
    ['DELETE /pauses/{id}', 404, 'none', () => send('DELETE', '/pauses/pause_0123456789abcdef')],
    ['GET /dead-letters', 200, 'a page', () => on.get('/dead-letters?limit=1')],
    ['POST /dead-letters/{id}/resend', 202, 'a whole one', () => send('POST', '/dead-letters/whole/resend')],
    ['POST /dead-letters/{id}/resend', 404, 'none', () => send('POST', '/dead-letters/gone/resend')],
    ['POST /dead-letters/{id}/resend', 409, 'a cut one', () => send('POST', '/dead-letters/cut/resend')],
    ['GET /deliveries', 200, 'a page', () => on.get('/deliveries?limit=1')],
    ['GET /deliveries', 400, 'an unknown source', () => on.get('/deliveries?source=nobody')],
    ['GET /unauthentic-deliveries', 200, 'a page', unauthentic],
    ['GET /unauthentic-deliveries', 400, 'a wrong limit', () => on.get('/unauthentic-deliveries?limit=0')],
    ['GET /deliveries/{id}', 200, 'one', delivered],
    ['GET /deliveries/{id}', 404, 'none', () => on.get('/deliveries/gone')],
    ['GET /openapi.json', 200, 'the document', () => on.get('/openapi.json')],
    ['GET /openapi.json', 304, 'as it was', () => known('/openapi.json')],
    ['GET /problems/{name}', 200, 'a page', () => on.get('/problems/target-held')],
    ['GET /problems/{name}', 304, 'as it was', () => known('/problems/target-held')],
    ['GET /problems/{name}', 404, 'none', () => on.get('/problems/none')],
    ['GET /schemas/{name}', 200, 'a schema', () => on.get('/schemas/run-ended.v1')],
    ['GET /schemas/{name}', 304, 'as it was', () => known('/schemas/run-ended.v1')],
    ['GET /schemas/{name}', 404, 'none', () => on.get('/schemas/none')],
    ['GET /health', 200, 'it lives', () => on.get('/health')],
    ['POST /webhooks/{source}', 202, 'a wish', () => webhook({ type: 'run.requested', data: swap(5) })],
    ['POST /webhooks/{source}', 200, 'no wish', () => webhook({ type: 'ticket.closed' })],
    ['POST /webhooks/{source}', 400, 'a wrong field', () => webhook({ type: 'run.requested', data: {} })],
    ['POST /webhooks/{source}', 400, 'an id that is none', () => webhook({}, { 'webhook-id': 'a b' })],
    ['POST /webhooks/{source}', 401, 'no signature', () => send('POST', '/webhooks/generic', {}, '{}')],
    ['POST /webhooks/{source}', 200, 'in a form of its own', () => send('POST', tencent(), {}, '{"sessionId":"s"}')],
    [
      'POST /webhooks/{source}',
      403,
      'what no rule allows',
      () =>
        webhook({
          type: 'run.requested',
          data: { operation: 'emr.monitor.stop', target: { clusterId: 'emr-test0001', services: [{ name: 'HDFS' }] } },
        }),
    ],
    ['POST /webhooks/{source}', 404, 'no source', () => send('POST', '/webhooks/nobody', {}, '{}')],
    ['POST /webhooks/{source}', 413, 'too much', () => webhook('x'.repeat(1024 * 1024))],
    ['POST /webhooks/{source}', 415, 'a way to pack that is not read', () => webhook({}, { 'content-encoding': 'br' })],
    [
      'POST /webhooks/{source}',
      422,
      'an id that was used',
      async () => {
        const as = { id: `msg_${crypto.randomUUID()}`, atMs: on.machine.clock() }
        const ask = (body: string) =>
          send(
            'POST',
            '/webhooks/generic',
            signStandardWebhook(on.machine.webhooks.WEBHOOK_GENERIC_SECRETS ?? '', body, as),
            body,
          )
        await ask(JSON.stringify({ type: 'run.requested', data: swap(3) }))
        return ask(JSON.stringify({ type: 'run.requested', data: swap(4) }))
      },
    ],
    ['POST /webhooks/{source}', 405, 'another method', () => send('PUT', '/webhooks/generic', {}, '{}')],
    ['GET /webhooks/{source}', 200, 'a look', () => on.get(tencent())],
    ['GET /webhooks/{source}', 401, 'a stranger', () => on.get(tencent('x'))],
    ['GET /webhooks/{source}', 404, 'no source', () => on.get('/webhooks/nobody')],
    ['GET /webhooks/{source}', 400, 'of a source that requires a body', () => webhook(undefined)],
    ...(home.name === 'one machine' ? EVENTS : []),
  ]

  describe('an answer is as documented:', () => {
    test.for(ANSWERS)('%s %i, %s', async ([route, status, , ask]) => {
      const response = await ask()
      expect({ status: response.status, undocumented: await undocumented(route, response) }).toEqual({
        status,
        undocumented: [],
      })
    })

    test('every route is asked', () => {
      const routes = routesOf(deploymentOf(home).home).map(({ method, path }) => `${method} ${path}`)
      expect([...new Set(ANSWERS.map(([route]) => route))].sort()).toEqual(routes.sort())
    })
  })

  test('the document that is served is the one that is tested', async () => {
    expect(await (await on.get('/openapi.json')).json()).toEqual(
      JSON.parse(JSON.stringify(openApi(deploymentOf(home), on.machine.url))),
    )
  })
})
