import { componentOf } from './components.ts'
import type { EmrProcess, OpType } from './state.ts'

interface Operation {
  /** Cluster status meanwhile. Source: the table of DescribeInstances; that it belongs to this OpType is inferred. */
  shows: number
  /** What a process is while it is being worked on. */
  begin?: (process: EmrProcess) => void
  end: (process: EmrProcess, atMs: number) => void
}

/** The time is shown in whole seconds: two restarts within one second of a fast test have to differ all the same. */
const SHOWN_MS = 1_000

/** A process that is already in the wanted state stays as it is: whether that is an error is documented nowhere. */
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
