import { randomUUID } from 'node:crypto'
import { refuse, spelled } from './dcs/answers.ts'
import { answerOf } from './dcs/gate.ts'
import { quirksWith } from './dcs/quirks.ts'
import { isWrite, logLineOf } from './dcs/request-log.ts'
import { type InstanceSeed, SEED_INSTANCES, seededState } from './dcs/seeds.ts'
import type { DcsCredentials } from './dcs/signature.ts'
import { DcsState, recordRequest } from './dcs/state.ts'
import { settle } from './dcs/work.ts'
import { type DcsWorld, DEFAULT_WORK_MS } from './dcs/world.ts'
import { type Cloud, type Simulator, type SimulatorOptions, startSimulator } from './server/simulator.ts'
import { loadState } from './server/state-file.ts'

/** Its `url` is for HUAWEICLOUD_DCS_ENDPOINT. */
export type SimulatedDcs = Simulator<DcsWorld>

export interface DcsOptions extends SimulatorOptions<DcsWorld> {
  /** Only for a start without saved state. */
  instances?: readonly InstanceSeed[]
}

/** Keys of nobody, plainly so. */
export const SIMULATED_CREDENTIALS: DcsCredentials = {
  ak: 'SIMULATEDACCESSKEY00',
  sk: 'simulated-secret-key-of-no-account',
  projectId: '00000000000000000000000051b1a7ed',
}

const DCS: Cloud<DcsWorld> = {
  // The gateway's bound: APIGW.0201 with 413 over 12 MB.
  mostBodyBytes: 12 * 1024 * 1024,
  tooLarge: ({ quirks }, requestId) =>
    spelled(refuse('APIGW.0201', { status: 413, message: 'Request entity too large' }), quirks.codeStyle, requestId),
  headersOf: (_request, requestId) => ({ 'X-Request-Id': requestId }),
  answerOf: (world, request, requestId) => spelled(answerOf(world, request), world.quirks.codeStyle, requestId),
  logLineOf,
  recordRequest,
  isWrite,
  countsName: 'byMethod',
  settle,
}

/** Starts the simulator of Huawei Cloud DCS. */
export async function startSimulatedDcs(options: DcsOptions = {}): Promise<SimulatedDcs> {
  const { stateFile, credentials = SIMULATED_CREDENTIALS, now = Date.now } = options
  const world: DcsWorld = {
    state: loadState(DcsState, stateFile) ?? seededState(options.instances ?? SEED_INSTANCES, now()),
    quirks: quirksWith(options.quirks),
    credentials,
    workMs: { ...DEFAULT_WORK_MS, ...options.workMs },
    now,
    // 32 lower-case hex digits, as jobs and requests have.
    newId: () => randomUUID().replaceAll('-', ''),
    readsAtWork: new Map(),
    windows: new Map(),
  }
  return startSimulator(DCS, world, options)
}
