import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, refuse, spellCode } from './dcs/answers.ts'
import { answerOf, logLineOf, observation } from './dcs/gate.ts'
import { type DcsQuirks, quirksWith } from './dcs/quirks.ts'
import { type InstanceSeed, SEED_INSTANCES, seededState } from './dcs/seeds.ts'
import type { DcsCredentials } from './dcs/signature.ts'
import { type DcsState, loadState, type RecordedRequest, recordRequest, saveState } from './dcs/state.ts'
import { settle } from './dcs/work.ts'
import { type DcsWorld, DEFAULT_WORK_MS, type WorkMs } from './dcs/world.ts'

export interface SimulatedDcs {
  /** `http://127.0.0.1:<port>`, for HUAWEICLOUD_DCS_ENDPOINT. */
  url: string
  credentials: DcsCredentials
  /** The requests that arrived, in order, with the verdict on each; the latest 5,000. */
  requests: RecordedRequest[]
  /** May be changed while it runs. */
  quirks: DcsQuirks
  /** The live state, settled up to the moment it is read. */
  readonly state: DcsState
  close(): Promise<void>
}

export interface DcsOptions {
  /** Default 0: any free one. */
  port?: number
  /** Loaded at the start if it is there, and written before every write is answered, so that a SIGKILL loses nothing. */
  stateFile?: string
  workMs?: Partial<WorkMs>
  quirks?: Partial<DcsQuirks>
  /** Epoch ms. */
  now?: () => number
  credentials?: DcsCredentials
  /** Only for a start without saved state. */
  instances?: readonly InstanceSeed[]
}

/** Keys of nobody, plainly so. */
export const SIMULATED_CREDENTIALS: DcsCredentials = {
  ak: 'SIMULATEDACCESSKEY00',
  sk: 'simulated-secret-key-of-no-account',
  projectId: '00000000000000000000000051b1a7ed',
}

/** The gateway's bound: APIGW.0201 with 413 over 12 MB. */
const MOST_BODY_BYTES = 12 * 1024 * 1024

/** Starts the simulator on 127.0.0.1. All work goes by the clock alone: it has no timers, and outlives a kill. */
export async function startSimulatedDcs(options: DcsOptions = {}): Promise<SimulatedDcs> {
  const { stateFile, credentials = SIMULATED_CREDENTIALS, now = Date.now } = options
  const saved = stateFile === undefined ? undefined : loadState(stateFile)
  const world: DcsWorld = {
    state: saved ?? seededState(options.instances ?? SEED_INSTANCES, now()),
    quirks: quirksWith(options.quirks),
    workMs: { ...DEFAULT_WORK_MS, ...options.workMs },
    now,
    newId: () => randomUUID().replaceAll('-', ''),
    readsAtWork: new Map(),
    windows: new Map(),
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
  world: DcsWorld,
  credentials: DcsCredentials,
  save: () => void,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const received = await readBody(incoming)
  if (received === 'aborted') return
  const { method = '', url: target = '', headers } = incoming
  const requestId = world.newId()
  // Node would take the date from the machine's clock, but clients learn from it how far theirs is off ours.
  const common = { Date: new Date(world.now()).toUTCString(), 'X-Request-Id': requestId }
  if (method === 'GET' && target === '/simulated/requests') return deliver(response, observation(world.state), common)
  const request = { method, target, headers, body: received === 'too large' ? Buffer.alloc(0) : received }
  const answer =
    received === 'too large'
      ? refuse('APIGW.0201', { status: 413, message: 'Request entity too large' })
      : answerOf(world, credentials, request)
  recordRequest(world.state, logLineOf(request, answer, world.now()))
  if (method !== 'GET') save()
  deliver(response, spelled(answer, world.quirks, requestId), common)
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

/** Puts the last touch to a refusal: the spelling of its code, and the request id where it is the gateway that speaks. */
function spelled(answer: Answer, quirks: DcsQuirks, requestId: string): Answer {
  if (answer.code === undefined || answer.delivery !== 'whole') return answer
  const body = { ...JSON.parse(answer.body), error_code: spellCode(answer.code, quirks.codeStyle) }
  const fromGateway = answer.code.startsWith('APIGW.') ? { request_id: requestId } : {}
  return { ...answer, body: JSON.stringify({ ...body, ...fromGateway }) }
}

function deliver(response: ServerResponse, answer: Answer, common: Record<string, string>): void {
  if (answer.delivery === 'hang') return
  if (answer.delivery === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const bytes = Buffer.from(answer.body)
  const length = answer.status === 204 ? {} : { 'Content-Length': bytes.length, 'Content-Type': answer.contentType }
  response.writeHead(answer.status, { ...common, ...length, ...answer.headers })
  if (answer.delivery === 'whole') response.end(bytes)
  else response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy())
}
