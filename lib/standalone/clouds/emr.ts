import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { actionOf } from './emr/actions.ts'
import { type Answer, answerWith, refuse } from './emr/answers.ts'
import { answerOf } from './emr/gate.ts'
import { type EmrQuirks, quirksWith } from './emr/quirks.ts'
import { logLineOf, observation } from './emr/request-log.ts'
import { type ClusterSeed, SEED_CLUSTERS, seededState } from './emr/seeds.ts'
import type { EmrCredentials } from './emr/signature.ts'
import { type EmrState, loadState, type RecordedRequest, recordRequest, saveState } from './emr/state.ts'
import { settle } from './emr/work.ts'
import { DEFAULT_WORK_MS, type EmrWorld, type WorkMs } from './emr/world.ts'

export interface SimulatedEmr {
  /** `http://127.0.0.1:<port>`, for TENCENTCLOUD_EMR_ENDPOINT. */
  url: string
  credentials: EmrCredentials
  /** The requests that arrived, in order, with the verdict on each; the latest 5,000. */
  requests: RecordedRequest[]
  /** May be changed while it runs. */
  quirks: EmrQuirks
  /** The live state, settled up to the moment it is read. */
  readonly state: EmrState
  close(): Promise<void>
}

export interface EmrOptions {
  /** Default 0: any free one. */
  port?: number
  /** Loaded at the start if it is there, and written before every write is answered, so that a SIGKILL loses nothing. */
  stateFile?: string
  workMs?: Partial<WorkMs>
  quirks?: Partial<EmrQuirks>
  /** Epoch ms; goes out as the `Date` of every answer, too. */
  now?: () => number
  credentials?: EmrCredentials
  /** Only for a start without saved state. */
  clusters?: readonly ClusterSeed[]
}

/** Keys of nobody, plainly so. */
export const SIMULATED_EMR_CREDENTIALS: EmrCredentials = {
  secretId: 'SIMULATED-SECRET-ID-OF-NO-ACCOUNT',
  secretKey: 'simulated-secret-key-of-no-account',
}

/** Documented for TC3: 10 MB. */
const MOST_BODY_BYTES = 10 * 1024 * 1024
/** What the SDKs send in X-TC-TraceId is a UUID; nothing stranger is sent back. */
const TRACE_ID = /^[\w-]{1,64}$/

/** Starts the simulator on 127.0.0.1. All work goes by the clock alone: it has no timers, and outlives a kill. */
export async function startSimulatedEmr(options: EmrOptions = {}): Promise<SimulatedEmr> {
  const { stateFile, credentials = SIMULATED_EMR_CREDENTIALS, now = Date.now } = options
  const saved = stateFile === undefined ? undefined : loadState(stateFile)
  const world: EmrWorld = {
    state: saved ?? seededState(options.clusters ?? SEED_CLUSTERS, now()),
    quirks: quirksWith(options.quirks),
    workMs: { ...DEFAULT_WORK_MS, ...options.workMs },
    now,
    newId: randomUUID,
    arrivals: new Map(),
  }
  const save = () => (stateFile === undefined ? undefined : saveState(stateFile, world.state))
  const server = createServer((request, response) => void serve(world, credentials, save, request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials,
    requests: world.state.requests,
    quirks: world.quirks,
    get state() {
      settle(world.state, now())
      return world.state
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      // Requests that hang by a quirk would otherwise keep it open for ever.
      server.closeAllConnections()
      await closed
      save()
    },
  }
}

async function serve(
  world: EmrWorld,
  credentials: EmrCredentials,
  save: () => void,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const received = await readBody(incoming)
  if (received === 'aborted') return
  const { method = '', url: target = '', headers } = incoming
  const traceId = String(headers['x-tc-traceid'] ?? '')
  const common = {
    Date: new Date(world.now()).toUTCString(),
    ...(TRACE_ID.test(traceId) ? { 'X-TC-TraceId': traceId } : {}),
  }
  if (method === 'GET' && target === '/simulated/requests') return deliver(response, observation(world.state), common)
  const request = { method, target, headers, body: received === 'too large' ? Buffer.alloc(0) : received }
  const requestId = world.newId()
  const answer =
    received === 'too large'
      ? answerWith(refuse('RequestSizeLimitExceeded', 'At most 10 MB.'), requestId, world.quirks.language)
      : answerOf(world, credentials, request, requestId)
  const line = logLineOf(request, answer, world.now())
  recordRequest(world.state, line)
  if (actionOf(line.action)?.sort === 'writes') save()
  deliver(response, answer, common)
}

/** Reads on beyond the bound without keeping anything: a client that is cut off while it sends never sees the answer. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | 'too large' | 'aborted'> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size <= MOST_BODY_BYTES) chunks.push(chunk)
    }
  } catch {
    return 'aborted'
  }
  return size > MOST_BODY_BYTES ? 'too large' : Buffer.concat(chunks)
}

function deliver(response: ServerResponse, answer: Answer, common: Record<string, string>): void {
  if (answer.delivery === 'hang') return
  if (answer.delivery === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const bytes = Buffer.from(answer.body)
  const described = { 'Content-Length': bytes.length, 'Content-Type': answer.contentType }
  response.writeHead(answer.status, { ...common, ...described, ...answer.headers })
  if (answer.delivery === 'whole') response.end(bytes)
  else response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy())
}
