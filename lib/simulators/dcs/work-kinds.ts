import type { DcsErrorCode } from './answers.ts'
import type { DcsCountingQuirk } from './quirks.ts'
import type { DcsInstance, DcsNode, DcsState, DcsWork, WorkKind } from './state.ts'

interface Kind {
  /** Statuses at rest that allow it (OTC umn `operating_dcs_instances`). */
  from: string[]
  /** What another write is answered while this runs. */
  busy: DcsErrorCode
  /** Instance status meanwhile; absent: it stays as it is. */
  shows?: string
  /** The `task` field of the instance meanwhile; of these only BACKUPING is documented. */
  task: string
  /** Also the task's name. Documented are masterStandbySwapJob, closeDCSInstance and backupDCSInstance; the rest is invented. */
  jobType: string
  misfortunes: {
    quirk: DcsCountingQuirk
    outcome: DcsWork['outcome']
  }[]
  succeed: (instance: DcsInstance, work: DcsWork, state: DcsState) => void
  fail?: (instance: DcsInstance, work: DcsWork, state: DcsState) => void
}

const JOB_MISFORTUNES: Kind['misfortunes'] = [
  { quirk: 'failingJobs', outcome: 'fail' },
  { quirk: 'lyingJobs', outcome: 'lie' },
]
const RESTART_MISFORTUNES: Kind['misfortunes'] = [{ quirk: 'restartErrors', outcome: 'fail' }]

export const KINDS: Record<WorkKind, Kind> = {
  nodeStart: {
    from: ['RUNNING', 'ERROR'],
    busy: 'DCS.4017',
    task: 'NODESTARTING',
    jobType: 'startDCSNode',
    misfortunes: JOB_MISFORTUNES,
    succeed: (instance, work) => setNodes(instance, work.nodeIds, 'Active'),
  },
  nodeStop: {
    from: ['RUNNING', 'ERROR'],
    busy: 'DCS.4017',
    task: 'NODESTOPPING',
    jobType: 'stopDCSNode',
    misfortunes: JOB_MISFORTUNES,
    succeed: (instance, work) => setNodes(instance, work.nodeIds, 'Inactive'),
  },
  swap: {
    from: ['RUNNING'],
    busy: 'DCS.4017',
    task: 'SWAPPING',
    jobType: 'masterStandbySwapJob',
    misfortunes: JOB_MISFORTUNES,
    succeed: swapRoles,
  },
  switchover: {
    from: ['RUNNING'],
    busy: 'DCS.4017',
    task: 'SWAPPING',
    jobType: 'masterStandbySwapJob',
    misfortunes: JOB_MISFORTUNES,
    succeed: (instance, work) => {
      for (const replica of instance.nodes.filter((node) => work.nodeIds.includes(node.node_id)))
        promote(instance, replica)
    },
  },
  restart: {
    from: ['RUNNING', 'ERROR'],
    busy: 'DCS.4111',
    shows: 'RESTARTING',
    task: 'RESTARTING',
    jobType: 'restartDCSInstance',
    misfortunes: RESTART_MISFORTUNES,
    succeed: (instance) => {
      setAll(instance, 'RUNNING', 'Active')
      // The manual: restarting a master/standby instance itself triggers a switchover.
      if (instance.cache_mode === 'ha') swapRoles(instance)
    },
    fail: (instance) => setAll(instance, 'ERROR', 'Inactive'),
  },
  softRestart: {
    from: ['RUNNING', 'ERROR'],
    busy: 'DCS.4111',
    shows: 'RESTARTING',
    task: 'RESTARTING',
    jobType: 'softRestartDCSInstance',
    misfortunes: RESTART_MISFORTUNES,
    succeed: (instance) => setAll(instance, 'RUNNING', 'Active'),
    fail: (instance) => setAll(instance, 'ERROR', 'Inactive'),
  },
  flush: {
    from: ['RUNNING'],
    busy: 'DCS.4017',
    shows: 'FLUSHING',
    task: 'FLUSHING',
    jobType: 'flushDCSInstance',
    misfortunes: [],
    succeed: () => {},
  },
  stop: {
    from: ['RUNNING'],
    busy: 'DCS.4017',
    shows: 'CLOSING',
    task: 'CLOSING',
    jobType: 'closeDCSInstance',
    misfortunes: [],
    succeed: (instance) => setAll(instance, 'CLOSED', 'Inactive'),
  },
  start: {
    from: ['CLOSED'],
    busy: 'DCS.4017',
    shows: 'STARTING',
    task: 'STARTING',
    jobType: 'startDCSInstance',
    misfortunes: [],
    succeed: (instance) => setAll(instance, 'RUNNING', 'Active'),
  },
  backup: {
    from: ['RUNNING'],
    busy: 'DCS.4096',
    task: 'BACKUPING',
    jobType: 'backupDCSInstance',
    misfortunes: [{ quirk: 'failingBackups', outcome: 'fail' }],
    succeed: (_instance, work, state) => endBackup(state, work, 'succeed'),
    fail: (_instance, work, state) => endBackup(state, work, 'failed'),
  },
}

function setNodes(instance: DcsInstance, nodeIds: string[], status: string): void {
  for (const node of instance.nodes) if (nodeIds.includes(node.node_id)) node.status = status
}

function setAll(instance: DcsInstance, status: string, nodeStatus: string): void {
  instance.status = status
  for (const node of instance.nodes) node.status = nodeStatus
}

/** In each group one replica, the one of highest priority, becomes master. */
function swapRoles(instance: DcsInstance): void {
  for (const master of instance.nodes.filter((node) => node.role === 'master')) {
    const [replica] = instance.nodes
      .filter((node) => node.group_id === master.group_id && node.role === 'slave' && node.priority_weight > 0)
      .sort((a, b) => b.priority_weight - a.priority_weight)
    if (replica) promote(instance, replica)
  }
}

/** Makes a replica the master of its group, and the former master a replica. */
function promote(instance: DcsInstance, replica: DcsNode): void {
  for (const node of instance.nodes) if (node.group_id === replica.group_id) node.role = 'slave'
  replica.role = 'master'
}

function endBackup(state: DcsState, work: DcsWork, status: 'succeed' | 'failed'): void {
  const backup = state.backups.find((candidate) => candidate.backup_id === work.backupId)
  if (backup) Object.assign(backup, { status, updated_at: work.endAt })
}
