import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PROBLEM_TYPE_NAMES } from '../../lib/api/problems/types.ts'
import { routesOf } from '../../lib/api/routes.ts'
import type { CloudEvent } from '../../lib/notify/cloud-event.ts'
import { SEED_INSTANCES } from '../../lib/simulators/dcs/seeds.ts'
import { signStandardWebhook } from '../../lib/sources/verify/standard-webhooks.ts'
import { HOMES } from './homes.ts'
import { patientFetch } from './patient-fetch.ts'
import { instance, type SeenRun, startTestMachine, type TestMachine } from './test-machine.ts'

/** What HTTP itself promises: methods, headers, addresses. */

const own = Array.from({ length: 8 }, (_, index) => instance(index))
const SWAP = 'dcs.instance.swap'
const swap = (index: number): object => ({ operation: SWAP, target: { instanceId: own[index]?.id } })
const NOBODY = 'run_00000000000000000000000000000000'

/** A shorter body is not packed. */
const LONG = 1_400

interface Shown extends SeenRun {
  links: { self: string; batch?: string }
}

interface Problem {
  type: string
  errors?: { header?: string }[]
}

describe.for(HOMES)('on $name:', (home) => {
  let on: TestMachine
  /** A run that lives for as long as the tests take, and one that has ended. */
  let [live, ended] = ['', '']
  beforeAll(async () => {
    const instances = [...SEED_INSTANCES, ...own]
    on = await startTestMachine(home, { dcs: { workMs: { restart: 1_200_000, swap: 1_000 }, instances } })
    live = await on.ask('dcs.instance.restart', { instanceId: own[0]?.id })
    ended = ((await (await on.waitFor(swap(1), 'ended')).json()) as SeenRun).id // our own API
  })
  afterAll(() => on.dispose())

  const send = (method: string, path: string, headers: Record<string, string> = {}): Promise<Response> =>
    patientFetch(`${on.machine.url}${path}`, { method, headers })

  const get = (path: string, headers: Record<string, string> = {}) => send('GET', path, headers)

  /** An answer to its own tag. A run changes once more when its end is told. */
  async function unchanged(path: string): Promise<Response> {
    for (;;) {
      const etag = (await get(path)).headers.get('etag') ?? ''
      const response = await get(path, { 'if-none-match': etag })
      if (response.status === 304) return response
    }
  }

  const webhook = (payload: unknown): Promise<Response> => {
    const body = JSON.stringify(payload)
    const as = { id: `msg_${crypto.randomUUID()}`, atMs: on.machine.clock() }
    const headers = signStandardWebhook(on.machine.webhooks.WEBHOOK_GENERIC_SECRETS ?? '', body, as)
    return on.postTo('/webhooks/generic', body, headers)
  }

  describe('methods', () => {
    test.for([
      ['DELETE', '/runs', 'GET, HEAD, OPTIONS, POST'],
      ['PUT', `/runs/${NOBODY}`, 'GET, HEAD, OPTIONS'],
      ['GET', `/runs/${NOBODY}/cancel`, 'OPTIONS, POST'],
      ['GET', '/batches', 'OPTIONS, POST'],
      ['GET', '/plans', 'OPTIONS, POST'],
      ['POST', '/health', 'GET, HEAD, OPTIONS'],
      ['POST', '/problems/not-found', 'GET, HEAD, OPTIONS'],
      ['PATCH', '/limits/rule/any/clear', 'OPTIONS, POST'],
      ['PUT', '/pauses', 'GET, HEAD, OPTIONS, POST'],
      ['GET', '/pauses/pause_0123456789abcdef', 'DELETE, OPTIONS'],
      ['DELETE', '/webhooks/generic', 'GET, HEAD, OPTIONS, POST'],
    ] as const)('%s %s is 405, and those of OPTIONS are possible', async ([method, path, allow]) => {
      const response = await send(method, path)
      expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
      expect(await response.json()).toMatchObject({
        type: `${on.machine.url}/problems/method-not-allowed`,
        detail: `${method} is not possible here; possible are ${allow}`,
      })
      const options = await send('OPTIONS', path)
      expect([options.status, options.headers.get('allow'), options.headers.get('content-type')]).toEqual([
        204,
        allow,
        null,
      ])
      expect(await options.text()).toBe('')
    })

    test('HEAD is GET without a body', async () => {
      const token = new URLSearchParams({ token: on.machine.webhooks.WEBHOOK_TENCENT_SECRETS ?? '' })
      for (const path of [`/runs/${ended}`, '/schemas/run-ended.v1', '/batches/none', `/webhooks/tencent?${token}`]) {
        const [as, head] = [await get(path), await send('HEAD', path)]
        const shown = ({ status, headers }: Response) => [
          status,
          ...['content-type', 'cache-control', 'vary'].map((name) => headers.get(name)),
        ]
        expect([path, ...shown(head), await head.text()]).toEqual([path, ...shown(as), ''])
      }
    })
  })

  describe('bodies', () => {
    test('of another type are 415, and Accept says which would be read', async () => {
      const response = await on.postTo('/plans', swap(2), { 'content-type': 'text/plain' })
      expect([response.status, response.headers.get('accept')]).toEqual([415, 'application/json'])
      expect(await response.json()).toMatchObject({ errors: [{ header: 'content-type' }] })
    })

    test('packed in another way are 415, and Accept-Encoding says which would be read', async () => {
      const response = await on.postTo('/plans', swap(2), { 'content-encoding': 'br' })
      expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'gzip'])
      expect(((await response.json()) as Problem).errors).toMatchObject([{ header: 'content-encoding' }])
    })

    test('packed by gzip are read', async () => {
      const response = await patientFetch(`${on.machine.url}/plans`, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8', 'content-encoding': 'gzip' },
        body: gzipSync(JSON.stringify(swap(2))),
      })
      expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ would: 'be-sent' })])
    })

    test('of lists and documents are packed for who takes that', async () => {
      for (const path of ['/runs', '/operations', '/openapi.json', '/schemas/run-ended.v1']) {
        const [packed, plain] = [
          await get(path, { 'accept-encoding': 'gzip' }),
          await get(path, { 'accept-encoding': 'gzip;q=0' }),
        ]
        const shown = ({ headers }: Response) => ['content-encoding', 'vary'].map((name) => headers.get(name))
        expect([path, shown(packed), shown(plain)]).toEqual([
          path,
          ['gzip', 'accept-encoding'],
          [null, 'accept-encoding'],
        ])
        expect(packed.headers.get('etag')).toBe(plain.headers.get('etag'))
        expect(Object.keys((await packed.json()) as object)).toEqual(Object.keys((await plain.json()) as object))
      }
    })

    test('of a run never are: its tag is a strong one', async () => {
      const response = await get(`/runs/${ended}`, { 'accept-encoding': 'gzip' })
      expect([response.headers.get('content-encoding'), response.headers.get('vary')]).toEqual([null, null])
      expect(response.headers.get('etag')).toMatch(/^"/)
      expect((await response.text()).length).toBeGreaterThan(LONG)
    })
  })

  describe('caches', () => {
    test.for(['/runs/{id}', '/openapi.json', '/operations', '/schemas/limit-reached.v1'])(
      'know by its tag that %s is unchanged: 304 without a type, without a body',
      async (path) => {
        const response = await unchanged(path.replace('{id}', ended))
        expect(response.headers.get('content-type')).toBeNull()
        expect(response.headers.get('cache-control')).toMatch(/^private, /)
        expect(response.headers.get('etag')).toMatch(path === '/runs/{id}' ? /^"/ : /^W\/"/)
        expect(await response.text()).toBe('')
      },
    )

    test.for([
      ['of a list', 'private, no-cache', () => get('/runs')],
      ['of a run', 'private, no-cache', () => get(`/runs/${live}`)],
      ['of the health', 'private, no-cache', () => get('/health')],
      ['of a document', 'private, max-age=300', () => get('/openapi.json')],
      ['of what is not there', 'no-store', () => get(`/runs/${NOBODY}`)],
      ['of no address', 'no-store', () => get('/nowhere')],
      ['of a plan', 'no-store', () => on.postTo('/plans', swap(2))],
      ['of a refused request', 'no-store', () => on.postTo('/runs', {})],
      ['of a webhook', 'no-store', () => webhook({ type: 'ticket.closed' })],
      ['of a webhook of nobody', 'no-store', () => send('POST', '/webhooks/generic')],
    ] as const)('%s are told %s', async ([, caching, ask]) => {
      expect((await ask()).headers.get('cache-control')).toBe(caching)
    })
  })

  test.for([
    ['generic', 'Webhook realm="webhooks/generic"'],
    [
      'alertmanager',
      'Bearer realm="webhooks/alertmanager", Basic realm="webhooks/alertmanager", Webhook realm="webhooks/alertmanager"',
    ],
  ] as const)('a webhook of %s that proves nothing is told how it could', async ([source, challenge]) => {
    const response = await on.postTo(`/webhooks/${source}`, {})
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, challenge])
  })

  test('a run that lives says when to look again, and one that has ended does not', async () => {
    const [first, second] = [await get(`/runs/${live}`), await get(`/runs/${ended}`)]
    const seconds = Number(first.headers.get('retry-after'))
    expect(seconds >= 1 && seconds <= 30).toBe(true)
    expect(second.headers.get('retry-after')).toBeNull()
  })

  describe('addresses', () => {
    const at = (response: Response, header = 'location'): string =>
      new URL(response.headers.get(header) ?? 'none:', response.url).href

    const idAt = async (url: string): Promise<string> => ((await (await patientFetch(url)).json()) as SeenRun).id

    test('Location and the links of a run lead to it', async () => {
      const response = await on.post(swap(3))
      const { id, links } = (await response.json()) as Shown // our own API
      expect(response.headers.get('location')).toBe(`runs/${id}`)
      expect([await idAt(at(response)), await idAt(links.self)]).toEqual([id, id])
      const { runs } = (await (await get('/runs?limit=1')).json()) as { runs: Shown[] } // our own API
      expect(runs.map((run) => run.links)).toEqual([links])
    })

    test('Location and the links of a batch lead to it, and to each of its runs', async () => {
      const targets = [4, 5].map((index) => ({ instanceId: own[index]?.id }))
      const response = await on.postTo('/batches', { operation: SWAP, targets })
      const { id, links, runs } = (await response.json()) as Shown & { runs: Shown[] } // our own API
      expect([await idAt(at(response)), await idAt(links.self)]).toEqual([id, id])
      expect(runs.map((run) => run.links.batch)).toEqual([links.self, links.self])
      expect(await Promise.all(runs.map((run) => idAt(run.links.self)))).toEqual(runs.map((run) => run.id))
    })

    test('Content-Location of a run that was waited for, and of one that was cancelled, lead to it', async () => {
      const waited = await on.waitFor(swap(1), 'ended')
      expect([waited.status, await idAt(at(waited, 'content-location'))]).toEqual([200, ended])
      const wish = { operation: SWAP, target: { instanceId: own[0]?.id }, collision: 'queue' }
      const { id } = (await (await on.post(wish)).json()) as SeenRun // our own API
      const cancelled = await send('POST', `/runs/${id}/cancel`)
      expect([cancelled.status, await idAt(at(cancelled, 'content-location'))]).toEqual([200, id])
    })

    test('the type of a problem leads to its page', async () => {
      const { type } = (await (await get('/runs?limit=0')).json()) as Problem // our own API
      expect(type).toBe(`${on.machine.url}/problems/invalid-request`)
      for (const name of PROBLEM_TYPE_NAMES) {
        const page = await patientFetch(type.replace('invalid-request', name))
        expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/markdown; charset=utf-8'])
        expect(await page.text()).toMatch(new RegExp(`^## ${name}\n`))
      }
    })

    test.runIf(home.name === 'one machine')('in the absolute form are read, if they are of this machine', async () => {
      const { host, hostname, port } = new URL(on.machine.url)
      const asked = (target: string): Promise<string> =>
        new Promise((resolve, reject) => {
          let text = ''
          const socket = connect(Number(port), hostname)
          socket.on('data', (chunk) => (text += chunk))
          socket.on('error', reject)
          socket.on('close', () => resolve(text))
          socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
        })
      expect(await asked(`http://${host}/runs/${ended}?`)).toMatch(new RegExp(`^HTTP/1.1 200 OK[^]*"id":"${ended}"`))
      expect(await asked(`http://${host}`)).toMatch(/^HTTP\/1.1 404 /)
      expect(await asked(`http://elsewhere.example/runs/${ended}`)).toMatch(/^HTTP\/1.1 403 /)
    })
  })

  describe('events', () => {
    const one = async (find: (event: CloudEvent) => boolean): Promise<CloudEvent> => {
      await expect.poll(() => on.machine.told().some(find)).toBe(true)
      return on.machine.told().find(find) as CloudEvent // just seen
    }

    test('have data of the schema that they name, which is served', async () => {
      const poison = await on.machine.send('polls', 'poison')
      const huge = 'x'.repeat(1024 * 1024)
      expect((await webhook({ type: 'ticket.closed', data: { huge } })).status).toBe(413)
      const found = await Promise.all([
        one(({ type, data }) => type === 'dev.steadyhand.run.succeeded' && (data as SeenRun).id === ended), // our own
        one(({ id }) => id === poison),
        one(({ type }) => type === 'dev.steadyhand.request.refused'),
      ])
      const names = ['run-ended.v1', 'message-dead-lettered.v1', 'request-refused.v1']
      expect(found.map(({ dataschema }) => dataschema)).toEqual(
        names.map((name) => `${on.machine.url}/schemas/${name}`),
      )
      for (const { dataschema = '', data } of found) {
        const schema = (await (await patientFetch(dataschema)).json()) as object // our own API
        const ajv = new Ajv2020({ allErrors: true })
        addFormats.default(ajv)
        const validate = ajv.compile(schema)
        validate(data)
        expect([dataschema, validate.errors]).toEqual([dataschema, null])
      }
    })

    test('come from this deployment, in the order of the resource, in the trace of the request', async () => {
      const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
      const traceparent = `00-${trace}-00f067aa0ba902b7-01`
      const { id } = (await (await on.post(swap(6), { traceparent })).json()) as SeenRun // our own API
      const event = await one(({ data }) => (data as SeenRun).id === id) // our own
      const resource = `huawei/dcs/${own[6]?.id}`
      expect(event).toMatchObject({ subject: resource, partitionkey: resource })
      expect(event.source).toMatch(home.name === 'AWS' ? /^urn:steadyhand:\d{12}:[\w-]+:dev$/ : /^urn:steadyhand:\S+$/)
      expect(event.traceparent).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`))
    })
  })

  test.runIf(home.name === 'AWS')('subscribers of the topic can filter by what a run was', async () => {
    await expect.poll(() => on.toldOf(ended)).toHaveLength(1)
    const kept = (await on.machine.everythingKept()).split('\n').map((line) => JSON.parse(line))
    const [notification] = kept.filter(({ Message = '' }) => Message.includes(`"id":"${ended}/succeeded"`))
    const { MessageAttributes } = notification
    expect(MessageAttributes).toEqual({
      type: { Type: 'String', Value: 'dev.steadyhand.run.succeeded' },
      operation: { Type: 'String', Value: SWAP },
      state: { Type: 'String', Value: 'succeeded' },
      source: { Type: 'String', Value: 'api' },
    })
  })

  describe('an example of the document is accepted:', () => {
    const routes = routesOf(home.name === 'AWS' ? 'aws' : 'one machine')
    const examples = routes.flatMap(({ path, examples = {} }) =>
      Object.entries(examples).map(([name, body]) => [path, name, body] as const),
    )
    // No rule of the samples has limits of its own: the example is read, and nothing is counted.
    const STATUS: Record<string, number> = {
      ...{ '/runs': 202, '/batches': 202, '/plans': 200, '/batch-plans': 200, '/events': 202 },
      ...{ '/limits/{cloud}/{service}/{id}/clear': 200, '/limits/rule/{name}/clear': 404, '/webhooks/{source}': 202 },
      ...{ '/rules/{name}/arm': 200, '/groups/{name}/resume': 200, '/pauses': 201 },
    }

    test.for(examples)('POST %s, %s', async ([path, , body]) => {
      const name = path.startsWith('/groups/') ? 'everything' : 'restart-unresponsive-redis'
      const parts = { cloud: 'huawei', service: 'dcs', id: own[0]?.id, name }
      const address = path.replaceAll(/\{(\w+)\}/g, (_, name: keyof typeof parts) => parts[name] ?? '')
      const response = path === '/webhooks/{source}' ? await webhook(body) : await on.postTo(address, body)
      expect([response.status, await response.text()]).toEqual([STATUS[path], expect.any(String)])
    })

    test('there are some for every body that is ours', () => {
      const silent = routes.filter(({ body, examples }) => body && Object.keys(examples ?? {}).length === 0)
      expect(silent.map(({ path }) => path)).toEqual([])
    })
  })
})
