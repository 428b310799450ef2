import { componentOf } from './components.ts'
import type { EmrProcess, OpType } from './state.ts'

interface Operation {
  /** The cluster's status meanwhile. Source: the table of DescribeInstances; its relation to the OpType is inferred. */
  shows: number
  /** Changes a process at the start of its step. */
  begin?: (process: EmrProcess) => void
  end: (process: EmrProcess, atMs: number) => void
}

/** Times are shown in whole seconds, and two restarts within one second of a fast test must differ. */
const SHOWN_MS = 1_000

/** A process already in the requested state stays as it is. Whether that is an error is not documented. */
export const OPERATIONS: Record<OpType, Operation> = {
  RestartService: {
    shows: 8,
    begin: (process) => {
      process.started = false
    },
    end: bringUp,
  },
  StartService: {
    shows: 12,
    end: (process, atMs) => {
      if (!process.started) bringUp(process, atMs)
    },
  },
  StopService: {
    shows: 10,
    end: (process) => {
      process.started = false
    },
  },
  StopMonitor: {
    shows: 9,
    end: (process) => {
      process.inMaintenance = !componentOf(process.component).isNotMonitored
    },
  },
  StartMonitor: {
    shows: 11,
    end: (process) => {
      process.inMaintenance = false
    },
  },
}

function bringUp(process: EmrProcess, atMs: number): void {
  process.started = true
  process.lastRestartAt = Math.max(atMs, process.lastRestartAt + SHOWN_MS)
}
