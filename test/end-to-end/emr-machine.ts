import type { EmrProcess } from '../../lib/simulators/emr/state.ts'
import type { TestMachine } from './test-machine.ts'

/** Long enough to be seen at the first look, after ten seconds: an idle cluster alone is believed only after a minute. */
const SEEN_MS = 15_000

export const FAST = {
  beforeBusy: 200,
  timeWaitSecond: 1,
  StartService: SEEN_MS,
  StopService: SEEN_MS,
  RestartService: SEEN_MS,
  StartMonitor: SEEN_MS,
  StopMonitor: SEEN_MS,
}
export const ALL_AT_ONCE = { strategy: { rolling: false } }

export const processesOf = (on: TestMachine, clusterId: string): EmrProcess[] =>
  on.machine.simulatedEmr.state.clusters.find(({ id }) => id === clusterId)?.processes ?? []
