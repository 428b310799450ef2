import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_REQUEST_BYTES } from '../../lib/http/body.ts'
import { CATALOGUE } from '../../lib/services/catalogue.ts'
import { signStandardWebhook } from '../../lib/sources/verify/standard-webhooks.ts'
import { HOMES } from './homes.ts'
import { patientFetch } from './patient-fetch.ts'
import { instance, type SeenRun, startTestMachine, type TestMachine } from './test-machine.ts'

const seeds = Array.from({ length: 6 }, (_, index) => instance(index))
const WISH = { operation: 'dcs.instance.restart', target: { instanceId: seeds[0]?.id } }

interface Problem {
  errors?: { detail: string; pointer?: string; parameter?: string; header?: string }[]
}

/** What a webhook is answered. */
interface Answer {
  results: { subject: string; runIds?: string[]; ignored?: string }[]
}

describe.for(HOMES)('on $name:', (home) => {
  let on: TestMachine
  beforeAll(async () => {
    on = await startTestMachine(home, {
      dcs: { workMs: { restart: 10_000, flush: 10_000, swap: 1_000 }, instances: seeds },
    })
  })
  afterAll(() => on.dispose())

  const stored = async (): Promise<SeenRun[]> =>
    ((await (await on.get('/runs?limit=100')).json()) as { runs: SeenRun[] }).runs

  describe('bad input is a problem document that names the field, and nothing is stored', () => {
    test.for([
      ['unknown operation', { ...WISH, operation: 'dcs.instance.explode' }, 400, ['#/operation']],
      ['no operation', { target: WISH.target }, 400, ['#/operation']],
      ['unknown field', { ...WISH, force: true }, 400, ['#/force']],
      ['unknown field of the target', { ...WISH, target: { ...WISH.target, node: 1 } }, 400, ['#/target/node']],
      ['malformed id', { ...WISH, target: { instanceId: '42' } }, 400, ['#/target/instanceId']],
      ['empty target', { ...WISH, target: {} }, 400, ['#/target/instanceId']],
      ['a key of odd characters', { ...WISH, idempotencyKey: 'a\nb' }, 400, ['#/idempotencyKey']],
      ['no target', { operation: WISH.operation }, 400, ['#/target']],
      ['no nodes', { operation: 'dcs.node.stop', target: { ...WISH.target, nodeIds: [] } }, 400, ['#/target/nodeIds']],
      ['not an object', '[]', 400, ['#']],
      ['not JSON', '{"operation":', 400, ['#']],
      ['no body', '', 400, ['#']],
      ['over 256 KB', `"${'x'.repeat(MAX_REQUEST_BYTES)}"`, 413, ['#']],
    ] as const)('%s', async ([, body, status, fields]) => {
      const before = (await stored()).length
      const response = await on.post(body)
      expect(response.status).toBe(status)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      const problem = (await response.json()) as Problem
      expect(problem).toMatchObject({
        type: expect.stringMatching(/^http.*\/problems\/[a-z-]+$/),
        title: expect.any(String),
        detail: expect.any(String),
        status,
        // The server itself refuses what is too large: no log line belongs to it.
        ...(status === 413 ? {} : { instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/) }),
      })
      expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(fields)
      expect((await stored()).length).toBe(before)
    })

    test.for([
      '/runs/run_00000000000000000000000000000000',
      '/runs/lease:x',
      '/runs/%00',
      '/nowhere',
      '/runs/',
      '/v1/runs',
    ])('GET %s is 404', async (path) => {
      const response = await on.get(path)
      expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    })

    test.for(['state=gone', 'limit=0', 'limit=1000', 'cursor=x', 'page=2'])('GET /runs?%s is 400', async (query) => {
      const response = await on.get(`/runs?${query}`)
      const { errors = [] } = (await response.json()) as Problem
      expect([response.status, errors.map(({ parameter }) => parameter)]).toEqual([400, [query.split('=')[0]]])
    })
  })

  describe('the webhook', () => {
    const send = (body: string, headers: Record<string, string>): Promise<Response> =>
      patientFetch(`${on.machine.url}/webhooks/generic`, { method: 'POST', body, headers })
    const own = () => on.machine.webhooks.WEBHOOK_GENERIC_SECRETS ?? ''
    const signed = (id: string, body: string, secret = own()): Record<string, string> =>
      signStandardWebhook(secret, body, { id, atMs: on.machine.clock() })
    const ticket = (instanceId: string | undefined): string =>
      JSON.stringify({ type: 'run.requested', data: { operation: 'dcs.instance.flush', target: { instanceId } } })

    test('delivered five times at once, signed anew each time, is one run and one request to the cloud', async () => {
      const body = ticket(seeds[1]?.id)
      const responses = await Promise.all(Array.from({ length: 5 }, () => send(body, signed('msg_twice', body))))
      expect(responses.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202])
      const answers = await Promise.all(responses.map((response) => response.json() as Promise<Answer>)) // our own API
      const ids = new Set(answers.flatMap(({ results }) => results.flatMap(({ runIds = [] }) => runIds)))
      expect(ids.size).toBe(1)
      expect(await on.end([...ids][0] ?? '')).toMatchObject({ state: 'succeeded' })
      expect(on.writes().filter(({ instances }) => instances?.includes(seeds[1]?.id ?? ''))).toHaveLength(1)
    })

    test.for([
      ['another secret', (body: string) => signed('msg_a', body, `whsec_${Buffer.alloc(32).toString('base64')}`)],
      ['a signature of another body', () => signed('msg_b', 'other')],
      ['no signature', (body: string) => ({ ...signed('msg_c', body), 'webhook-signature': '' })],
      ['no headers', () => ({})],
      ['an old timestamp', (body: string) => ({ ...signed('msg_d', body), 'webhook-timestamp': '1614265330' })],
    ] as const)('with %s is 401, and nothing is stored', async ([, headers]) => {
      const before = (await stored()).length
      const body = ticket(seeds[2]?.id)
      const response = await send(body, headers(body))
      expect([response.status, response.headers.get('content-type')]).toEqual([401, 'application/problem+json'])
      expect((await stored()).length).toBe(before)
    })

    test('authentic, but no wish, is 200 and ignored', async () => {
      const body = JSON.stringify({ type: 'ticket.closed', data: {} })
      const response = await send(body, signed('msg_closed', body))
      expect([response.status, await response.json()]).toEqual([
        200,
        {
          results: [
            {
              subject: 'msg_closed',
              ignored:
                'no rule fits; closest is restart-by-ticket: event is ticket.closed, not ticket.approved; there is no field data.action',
            },
          ],
        },
      ])
    })

    test('authentic, but malformed, is 400 and names the field', async () => {
      const body = JSON.stringify({ type: 'run.requested', data: { operation: 'x', target: {}, extra: 1 } })
      const response = await send(body, signed('msg_bad', body))
      expect([response.status, ((await response.json()) as Problem).errors?.[0]?.pointer]).toEqual([
        400,
        '#/data/extra',
      ])
    })

    test('that is large is read; that is too large is refused, kept and told', async () => {
      const sent = (id: string, bytes: number) => {
        const body = JSON.stringify({ type: 'ticket.closed', data: { text: 'x'.repeat(bytes) } })
        return send(body, signed(id, body))
      }
      const answers = await Promise.all([sent('msg_large', 900 * 1024), sent('msg_huge', 3 * 1024 * 1024)])
      expect(answers.map(({ status }) => status)).toEqual([200, 413])
      const { deliveries } = (await (await on.get('/deliveries?source=generic&limit=100')).json()) as {
        deliveries: { deliveryId: string; results: object[] }[]
      }
      const reason = expect.stringMatching(/^the body has \d+ bytes; the limit is 1048576$/)
      expect(deliveries.find(({ deliveryId }) => deliveryId === 'msg_huge')?.results).toEqual([
        { subject: 'msg_huge', refused: reason },
      ])
      const told = () => on.machine.told().filter(({ data }) => (data as { subject?: string }).subject === 'msg_huge') // our own
      await expect.poll(told).toHaveLength(1)
    })

    test('that is packed by gzip is read', async () => {
      const body = JSON.stringify({ type: 'ticket.closed', data: {} })
      const headers = { ...signed('msg_packed', body), 'content-encoding': 'gzip' }
      const response = await fetch(`${on.machine.url}/webhooks/generic`, {
        method: 'POST',
        body: gzipSync(body),
        headers,
      })
      expect([response.status, ((await response.json()) as Answer).results[0]?.subject]).toEqual([200, 'msg_packed'])
    })

    test('that is not authentic leaves a line in the log and a count, and nothing of its body', async () => {
      const body = ticket('a-body-of-nobody')
      for (let n = 0; n < 3; n++) expect((await send(body, signed('msg_nobody', 'other'))).status).toBe(401)
      const { unauthentic } = (await (await on.get('/unauthentic-deliveries?source=generic')).json()) as {
        unauthentic: { count: number }[]
      }
      expect(unauthentic).toEqual([
        {
          source: 'generic',
          day: new Date(on.machine.clock()).toISOString().slice(0, 10),
          count: expect.any(Number),
          lastAt: expect.any(String),
          lastFrom: '127.0.0.1',
          lastReason: expect.any(String),
        },
      ])
      const lines = on.machine.logLines().filter(({ message }) => message === 'webhook not authentic')
      expect(lines.filter((line) => JSON.stringify(line).includes('127.0.0.1')).length).toBeGreaterThanOrEqual(1)
      expect(await on.everythingWritten()).not.toContain('a-body-of-nobody')
    })

    test.for(['x'.repeat(257), 'evt.1700000000.abc'])(
      'with the id %s, which cannot be used, is 400 and counted',
      async (id) => {
        const countOf = async (): Promise<number> => {
          const { unauthentic } = (await (await on.get('/unauthentic-deliveries?source=generic')).json()) as {
            unauthentic: { count: number; lastReason: string }[]
          } // our own API
          return unauthentic.filter(({ lastReason }) => lastReason.startsWith('webhook-id: ')).length
        }
        const body = ticket(seeds[2]?.id)
        await expect
          .poll(async () => {
            const response = await send(body, signed(id, body))
            expect(response.status).toBe(400)
            return countOf()
          })
          .toBe(1)
      },
    )

    test('of an unknown source is 404', async () => {
      expect((await fetch(`${on.machine.url}/webhooks/nobody`, { method: 'POST', body: '{}' })).status).toBe(404)
    })
  })

  describe('the alarm', () => {
    type Sample = {
      detail: { alarmName: string; configuration: { metrics: unknown[] }; state: { timestamp: string } }
    }
    const sample = (): Sample => {
      const event: Sample = JSON.parse(
        readFileSync(`${import.meta.dirname}/../../events/cloudwatch/redis-unresponsive.json`, 'utf8'),
      )
      event.detail.state.timestamp = new Date(on.machine.clock()).toISOString().replace('Z', '+0000')
      return event
    }
    const postEvent = async (event: Sample): Promise<Answer> => {
      const response = await patientFetch(`${on.machine.url}/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(event),
      })
      expect(response.status).toBe(202)
      return response.json() as Promise<Answer> // our own
    }
    const alarm = (instanceId: string | undefined): Sample => {
      const event = sample()
      event.detail.configuration.metrics = [{ metricStat: { metric: { dimensions: { dcs_instance_id: instanceId } } } }]
      return event
    }

    test('delivered twice is one run and one request to the cloud', async () => {
      const event = alarm(seeds[3]?.id)
      const received = await Promise.all([postEvent(event), postEvent(event)])
      const ids = new Set(received.flatMap(({ results }) => results.flatMap(({ runIds = [] }) => runIds)))
      expect(ids.size).toBe(1)
      expect(await on.end([...ids][0] ?? '')).toMatchObject({
        state: 'succeeded',
        source: { kind: 'alarm', rule: 'restart-unresponsive-redis' },
      })
      expect(on.writes().filter(({ instances }) => instances?.includes(seeds[3]?.id ?? ''))).toHaveLength(1)
    })

    test.for([
      ['matches no rule', (event: Sample) => Object.assign(event.detail, { alarmName: 'disk-full' }), 'no rule fits'],
      [
        'names no instance',
        (event: Sample) => Object.assign(event.detail.configuration, { metrics: [] }),
        'there is no dimension dcs_instance_id',
      ],
      ['names a malformed instance', (event: Sample) => Object.assign(event, alarm('i-1234')), 'target.instanceId'],
      [
        'comes a day late',
        (event: Sample) =>
          Object.assign(event.detail.state, { timestamp: new Date(on.machine.clock() - 86_400_000).toISOString() }),
        'it is 1440 min old',
      ],
      ['is no alarm', (event: Sample) => Object.assign(event, { detail: {} }), 'not a CloudWatch alarm'],
    ] as const)('that %s is recorded and logged, and nothing is run', async ([, change, why]) => {
      const logged = () =>
        on.machine
          .logLines()
          .filter((line) => line.message === 'delivery received' && JSON.stringify(line).includes(why))
      const [before, loggedBefore] = [(await stored()).length, logged().length]
      const event = sample()
      change(event)
      const [result, ...others] = (await postEvent(event)).results
      expect([result?.runIds, others]).toEqual([undefined, []])
      expect(JSON.stringify(result)).toContain(why)
      await expect.poll(() => logged().length).toBe(loggedBefore + 1)
      expect(await on.machine.everythingKept()).toContain(why)
      expect((await stored()).length).toBe(before)
    })
  })

  describe('HTTP', () => {
    test('the same Idempotency-Key is the same run and one request to the cloud; another wish under it is 422', async () => {
      const wish = { operation: 'dcs.instance.swap', target: { instanceId: seeds[4]?.id } }
      const key = { 'idempotency-key': 'key-1' }
      const responses = await Promise.all([on.post(wish, key), on.post(wish, key), on.post(wish, key)])
      const runs = await Promise.all(responses.map(async (response) => (await response.json()) as SeenRun))
      expect(responses.map(({ status }) => status)).toEqual([202, 202, 202])
      expect(responses[0]?.headers.get('location')).toBe(`runs/${runs[0]?.id}`)
      expect(new Set(runs.map(({ id }) => id)).size).toBe(1)
      expect((await on.post({ ...wish, operation: 'dcs.instance.flush' }, key)).status).toBe(422)
      expect(await on.end(runs[0]?.id ?? '')).toMatchObject({ state: 'succeeded' })
      expect(on.writes().filter(({ path }) => path.includes(seeds[4]?.id ?? '-'))).toHaveLength(1)
    })

    test('GET /runs pages from the newest, by a cursor', async () => {
      const all = await stored()
      const seen: string[] = []
      for (let cursor: string | undefined = ''; cursor !== undefined; ) {
        const page: { runs: SeenRun[]; cursor?: string } = (await (
          await on.get(`/runs?limit=1${cursor ? `&cursor=${cursor}` : ''}`)
        ).json()) as never // our own API
        seen.push(...page.runs.map(({ id }) => id))
        cursor = page.cursor
      }
      expect(seen).toEqual(all.map(({ id }) => id))
      const succeeded = (await (await on.get('/runs?state=succeeded')).json()) as { runs: SeenRun[] }
      expect(new Set(succeeded.runs.map(({ state }) => state))).toEqual(new Set(['succeeded']))
    })

    test('HEAD answers as GET, without a body', async () => {
      const [run] = await stored()
      const paths = [
        '/runs',
        `/runs/${run?.id}`,
        '/dead-letters',
        '/deliveries',
        '/unauthentic-deliveries',
        '/operations',
        '/openapi.json',
        '/health',
      ]
      for (const path of [...paths, '/runs?limit=0', '/runs/run_x', '/nowhere']) {
        const url = `${on.machine.url}${path}`
        const [get, head] = await Promise.all([fetch(url), fetch(url, { method: 'HEAD' })])
        const shown = ({ status, headers }: Response) => [status, headers.get('content-type'), headers.get('etag')]
        expect([path, ...shown(head), await head.text()]).toEqual([path, ...shown(get), ''])
      }
    })

    test.for([
      { kind: 'letter' },
      { createdAt: '9' },
      { createdAt: 'x'.repeat(40) },
      { id: ' ' },
      { id: 'y'.repeat(300) },
      { id: 7 },
      { more: 1 },
    ])('a forged cursor with %j is no fault of ours', async (change) => {
      const { cursor = '' } = (await (await on.get('/runs?limit=1')).json()) as { cursor?: string }
      const forged = { ...JSON.parse(Buffer.from(cursor, 'base64url').toString()), ...change }
      const text = Buffer.from(JSON.stringify(forged)).toString('base64url')
      expect([200, 400]).toContain((await on.get(`/runs?limit=1&cursor=${text}`)).status)
    })

    test('GET /operations and GET /health answer', async () => {
      const { operations } = (await (await on.get('/operations')).json()) as {
        operations: { name: string }[]
      }
      expect(operations).toHaveLength(CATALOGUE.size)
      expect(operations[0]).toMatchObject({
        name: 'dcs.node.start',
        effect: 'once',
        destroysData: false,
        docs: expect.stringMatching(/^https:/),
        completionCriterion: expect.stringContaining('SUCCESS'),
        target: { properties: { instanceId: { type: 'string' } }, required: ['instanceId'] },
        params: { type: 'object', properties: {} },
      })
      expect(operations.find(({ name }) => name === 'emr.service.restart')).toMatchObject({
        target: { required: ['clusterId', 'services'] },
        params: { required: ['strategy'], properties: { strategy: { required: ['rolling'] } } },
      })
      expect(await (await on.get('/health')).json()).toEqual({ status: 'ok' })
    })
  })

  test('no credential, signature or webhook secret is in any log line, record or outcome', async () => {
    const { credentials } = on.machine.simulatedDcs
    const { sk } = credentials
    // A refused signature is what makes the gateway echo what it was sent.
    Object.assign(credentials, { sk: 'rotated' })
    const ended = await on.end(await on.ask('dcs.instance.flush', { instanceId: seeds[5]?.id }))
    expect(ended).toMatchObject({ state: 'failed', outcome: { error: { code: 'APIGW.0301' } } })
    const written = await on.everythingWritten()
    expect(written).toContain('APIGW.0301')
    for (const secret of [
      sk,
      on.machine.simulatedEmr.credentials.secretKey,
      'SIMULATEDACCESSKEY00',
      ...Object.values(on.machine.webhooks).filter((secret) => secret.length > 30),
      'Signature=',
      'SDK-HMAC-SHA256',
      'v1,',
    ]) {
      expect(written).not.toContain(secret)
    }
  })
})
