import { randomUUID } from 'node:crypto'
import { answerWith, emrError } from './emr/answers.ts'
import { DEFAULT_EMR_WORK_MS, type EmrContext } from './emr/context.ts'
import { answerEmr } from './emr/gate.ts'
import { emrQuirks } from './emr/quirks.ts'
import { emrLogLine, isEmrWrite } from './emr/request-log.ts'
import { type ClusterSeed, SEED_CLUSTERS, seedEmrState } from './emr/seeds.ts'
import type { EmrCredentials } from './emr/signature.ts'
import { EmrState, recordEmrRequest } from './emr/state.ts'
import { settleEmrWork } from './emr/work.ts'
import { headerValue } from './server/request.ts'
import { type SimulatedCloud, type Simulator, type SimulatorOptions, startSimulator } from './server/simulator.ts'
import { loadState } from './server/state-file.ts'

/** Set its `url` as TENCENTCLOUD_EMR_ENDPOINT. */
export type SimulatedEmr = Simulator<EmrContext>

export interface EmrOptions extends SimulatorOptions<EmrContext> {
  /** Used only where no state is saved. */
  clusters?: readonly ClusterSeed[]
}

/** Plainly keys of no account. */
export const SIMULATED_EMR_CREDENTIALS: EmrCredentials = {
  secretId: 'SIMULATED-SECRET-ID-OF-NO-ACCOUNT',
  secretKey: 'simulated-secret-key-of-no-account',
}

/** SDKs send a UUID in X-TC-TraceId; anything stranger is not sent back. */
const TRACE_ID = /^[\w-]{1,64}$/

const EMR: SimulatedCloud<EmrContext> = {
  // Documented limit of TC3.
  maxBodyBytes: 10 * 1024 * 1024,
  tooLarge: ({ quirks }, requestId) =>
    answerWith(emrError('RequestSizeLimitExceeded', 'At most 10 MB.'), requestId, quirks.language),
  headersOf: (request) => {
    const traceId = headerValue(request, 'x-tc-traceid') ?? ''
    return TRACE_ID.test(traceId) ? { 'X-TC-TraceId': traceId } : {}
  },
  answer: answerEmr,
  logLine: emrLogLine,
  recordRequest: recordEmrRequest,
  isWrite: isEmrWrite,
  countsName: 'byAction',
  settleWork: settleEmrWork,
}

/** Starts the simulator of Tencent Cloud EMR. */
export async function startSimulatedEmr(options: EmrOptions = {}): Promise<SimulatedEmr> {
  const { stateFile, credentials = SIMULATED_EMR_CREDENTIALS, now = Date.now } = options
  const context: EmrContext = {
    state: loadState(EmrState, stateFile) ?? seedEmrState(options.clusters ?? SEED_CLUSTERS, now()),
    quirks: emrQuirks(options.quirks),
    credentials,
    workMs: { ...DEFAULT_EMR_WORK_MS, ...options.workMs },
    now,
    newId: randomUUID,
    arrivals: new Map(),
  }
  return startSimulator(EMR, context, options)
}
