import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CloudEvent } from '../../lib/notify/cloud-event.ts'
import { type InstanceSeed, seedInstance } from '../../lib/simulators/dcs/seeds.ts'
import type { ClusterSeed } from '../../lib/simulators/emr/seeds.ts'
import type { RecordedEmrRequest } from '../../lib/simulators/emr/state.ts'
import type { Home, HomeMachine, HomeOptions } from './home.ts'
import { patientFetch } from './patient-fetch.ts'

/** A run, as far as the tests look at it. */
export interface SeenRun {
  id: string
  state: string
  jobId?: string
  lastObserved?: string
  evidence: { observedCounts: Record<string, number> }
  outcome?: { summary: string; error?: { code?: string } }
}

export interface TestMachine {
  machine: HomeMachine
  /** Asks for a run. */
  post(body: unknown, headers?: Record<string, string>): Promise<Response>
  /** Sends JSON to any path. */
  postTo(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** Asks for a run and waits for its end; asks again where the machine was too busy for it to end in time. */
  waitFor(body: unknown, idempotencyKey: string): Promise<Response>
  get(path: string): Promise<Response>
  run(id: string): Promise<SeenRun>
  /** Asks for a run and gives its id. */
  ask(operation: string, target: object, params?: object): Promise<string>
  /** Waits for a run to end. */
  end(id: string, timeoutMs?: number): Promise<SeenRun>
  /** What people were told of a run. */
  toldOf(id: string): CloudEvent[]
  /** Changes that the cloud was asked for. */
  writes(): { action?: string | undefined; path: string; instances?: string[] | undefined }[]
  /** Times that StartStopServiceOrMonitor was called for a cluster, whatever came of it. */
  emrWrites(clusterId: string): RecordedEmrRequest[]
  /** All that is written down: records, messages, outcomes, logs. */
  everythingWritten(): Promise<string>
  dispose(): Promise<void>
}

/** An instance of its own for each test: runs of one instance exclude each other. */
export function instance(number: number, overrides: Partial<InstanceSeed> = {}): InstanceSeed {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  return { ...seedInstance({ id, name: `cache-${number}`, mode: 'ha', backupAgesHours: [1] }), ...overrides }
}

/** A cluster of its own for each test, for the same reason. */
export function cluster(number: number, overrides: Partial<ClusterSeed> = {}): ClusterSeed {
  const [master, ...cores] = [1, 11, 12].map((host) => `10.0.${number}.${host}`)
  const services = { HDFS: { NameNode: [master ?? ''], DataNode: cores }, YARN: { ResourceManager: [master ?? ''] } }
  return { id: `emr-test${String(number).padStart(4, '0')}`, name: `cluster-${number}`, services, ...overrides }
}

/** A request that is sent again has a key, unless it has one of its own. */
function keyFor(body: unknown): Record<string, string> {
  return Object(body) === body && !('idempotencyKey' in Object(body)) ? { 'idempotency-key': randomUUID() } : {}
}

/** Of real time: how often a run is looked at. */
const LOOK_MS = 250

export async function startTestMachine(home: Home, options: HomeOptions = {}): Promise<TestMachine> {
  const machine = await home.start(options)
  const get = (path: string): Promise<Response> => patientFetch(`${machine.url}${path}`)
  const postTo = (path: string, body: unknown, headers = {}): Promise<Response> =>
    patientFetch(`${machine.url}${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })
  const post = (body: unknown, headers = {}): Promise<Response> =>
    postTo('/runs', body, { ...keyFor(body), ...headers })
  const waitFor = async (body: unknown, idempotencyKey: string): Promise<Response> => {
    const response = await post(body, { prefer: 'wait=5', 'idempotency-key': idempotencyKey })
    return response.status === 202 ? waitFor(body, idempotencyKey) : response
  }
  const run = async (id: string): Promise<SeenRun> => (await get(`/runs/${id}`)).json() as Promise<SeenRun> // our own API
  return {
    machine,
    get,
    post,
    postTo,
    waitFor,
    run,
    ask: async (operation, target, params = {}) => {
      const response = await post({ operation, target, params })
      if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`)
      return ((await response.json()) as SeenRun).id // our own API
    },
    end: async (id, timeoutMs = 800_000) => {
      const until = Date.now() + timeoutMs
      for (;;) {
        const seen = await run(id)
        if (seen.outcome) return seen
        if (Date.now() > until) throw new Error(`${id} is still ${seen.state}`)
        await sleep(LOOK_MS)
      }
    },
    toldOf: (id) => machine.told().filter(({ data }) => (data as { id?: string }).id === id), // an object of ours
    writes: () =>
      machine.simulatedDcs.requests
        .filter(({ method }) => method !== 'GET')
        .map(({ action, path, instances }) => ({ action, path, instances })),
    emrWrites: (clusterId) =>
      machine.simulatedEmr.requests.filter(
        ({ action, instances }) => action === 'StartStopServiceOrMonitor' && instances?.includes(clusterId),
      ),
    everythingWritten: async () => {
      const lines = machine.logLines().map((line) => JSON.stringify(line))
      return [...lines, ...machine.told().map((event) => JSON.stringify(event)), await machine.everythingKept()].join(
        '\n',
      )
    },
    dispose: () => machine.close(),
  }
}
