import { randomUUID } from 'node:crypto'
import { answerWith, refuse } from './emr/answers.ts'
import { answerOf } from './emr/gate.ts'
import { quirksWith } from './emr/quirks.ts'
import { isWrite, logLineOf } from './emr/request-log.ts'
import { type ClusterSeed, SEED_CLUSTERS, seededState } from './emr/seeds.ts'
import type { EmrCredentials } from './emr/signature.ts'
import { EmrState, recordRequest } from './emr/state.ts'
import { settle } from './emr/work.ts'
import { DEFAULT_WORK_MS, type EmrWorld } from './emr/world.ts'
import { headerOf } from './server/request.ts'
import { type Cloud, type Simulator, type SimulatorOptions, startSimulator } from './server/simulator.ts'
import { loadState } from './server/state-file.ts'

/** Its `url` is for TENCENTCLOUD_EMR_ENDPOINT. */
export type SimulatedEmr = Simulator<EmrWorld>

export interface EmrOptions extends SimulatorOptions<EmrWorld> {
  /** Only for a start without saved state. */
  clusters?: readonly ClusterSeed[]
}

/** Keys of nobody, plainly so. */
export const SIMULATED_EMR_CREDENTIALS: EmrCredentials = {
  secretId: 'SIMULATED-SECRET-ID-OF-NO-ACCOUNT',
  secretKey: 'simulated-secret-key-of-no-account',
}

/** What the SDKs send in X-TC-TraceId is a UUID; nothing stranger is sent back. */
const TRACE_ID = /^[\w-]{1,64}$/

const EMR: Cloud<EmrWorld> = {
  // Documented for TC3: 10 MB.
  mostBodyBytes: 10 * 1024 * 1024,
  tooLarge: ({ quirks }, requestId) =>
    answerWith(refuse('RequestSizeLimitExceeded', 'At most 10 MB.'), requestId, quirks.language),
  headersOf: (request) => {
    const traceId = headerOf(request, 'x-tc-traceid') ?? ''
    return TRACE_ID.test(traceId) ? { 'X-TC-TraceId': traceId } : {}
  },
  answerOf,
  logLineOf,
  recordRequest,
  isWrite,
  countsName: 'byAction',
  settle,
}

/** Starts the simulator of Tencent Cloud EMR. */
export async function startSimulatedEmr(options: EmrOptions = {}): Promise<SimulatedEmr> {
  const { stateFile, credentials = SIMULATED_EMR_CREDENTIALS, now = Date.now } = options
  const world: EmrWorld = {
    state: loadState(EmrState, stateFile) ?? seededState(options.clusters ?? SEED_CLUSTERS, now()),
    quirks: quirksWith(options.quirks),
    credentials,
    workMs: { ...DEFAULT_WORK_MS, ...options.workMs },
    now,
    newId: randomUUID,
    arrivals: new Map(),
  }
  return startSimulator(EMR, world, options)
}
