import { randomUUID } from 'node:crypto'
import { dcsError, spelled } from './dcs/answers.ts'
import { type DcsContext, DEFAULT_DCS_WORK_MS } from './dcs/context.ts'
import { answerDcs } from './dcs/gate.ts'
import { dcsQuirks } from './dcs/quirks.ts'
import { dcsLogLine, isDcsWrite } from './dcs/request-log.ts'
import { type InstanceSeed, SEED_INSTANCES, seedDcsState } from './dcs/seeds.ts'
import type { DcsCredentials } from './dcs/signature.ts'
import { DcsState, recordDcsRequest } from './dcs/state.ts'
import { settleDcsWork } from './dcs/work.ts'
import { type SimulatedCloud, type Simulator, type SimulatorOptions, startSimulator } from './server/simulator.ts'
import { loadState } from './server/state-file.ts'

/** Set its `url` as HUAWEICLOUD_DCS_ENDPOINT. */
export type SimulatedDcs = Simulator<DcsContext>

export interface DcsOptions extends SimulatorOptions<DcsContext> {
  /** Used only where no state is saved. */
  instances?: readonly InstanceSeed[]
}

/** Plainly keys of no account. */
export const SIMULATED_CREDENTIALS: DcsCredentials = {
  ak: 'SIMULATEDACCESSKEY00',
  sk: 'simulated-secret-key-of-no-account',
  projectId: '00000000000000000000000051b1a7ed',
}

const DCS: SimulatedCloud<DcsContext> = {
  // The gateway answers more with 413, APIGW.0201.
  maxBodyBytes: 12 * 1024 * 1024,
  tooLarge: ({ quirks }, requestId) =>
    spelled(dcsError('APIGW.0201', { status: 413, message: 'Request entity too large' }), quirks.codeStyle, requestId),
  headersOf: (_request, requestId) => ({ 'X-Request-Id': requestId }),
  answer: (context, request, requestId) => spelled(answerDcs(context, request), context.quirks.codeStyle, requestId),
  logLine: dcsLogLine,
  recordRequest: recordDcsRequest,
  isWrite: isDcsWrite,
  countsName: 'byMethod',
  settleWork: settleDcsWork,
}

/** Starts the simulator of Huawei Cloud DCS. */
export async function startSimulatedDcs(options: DcsOptions = {}): Promise<SimulatedDcs> {
  const { stateFile, credentials = SIMULATED_CREDENTIALS, now = Date.now } = options
  const context: DcsContext = {
    state: loadState(DcsState, stateFile) ?? seedDcsState(options.instances ?? SEED_INSTANCES, now()),
    quirks: dcsQuirks(options.quirks),
    credentials,
    workMs: { ...DEFAULT_DCS_WORK_MS, ...options.workMs },
    now,
    // 32 lower-case hex digits, as ids of jobs and requests have.
    newId: () => randomUUID().replaceAll('-', ''),
    readsAtWork: new Map(),
    windows: new Map(),
  }
  return startSimulator(DCS, context, options)
}
