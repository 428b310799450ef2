import type { DcsErrorCode } from './answers.ts'
import type { DcsCountingQuirk } from './quirks.ts'
import type { DcsInstance, DcsNode, DcsState, DcsWork, WorkKind } from './state.ts'

interface Kind {
  /** Statuses at rest that allow this work (OTC umn `operating_dcs_instances`). */
  from: string[]
  /** The error code of another write while this work runs. */
  busy: DcsErrorCode
  /** The instance's status meanwhile; absent: unchanged. */
  shows?: string
  /** The instance's `task` field meanwhile. Only BACKUPING is documented. */
  task: string
  /** Also the task's name. Documented: masterStandbySwapJob, closeDCSInstance, backupDCSInstance. The others are invented. */
  jobType: string
  /** Outcomes other than success, by the quirk that causes them. */
  quirkOutcomes: {
    quirk: DcsCountingQuirk
    outcome: DcsWork['outcome']
  }[]
  succeed: (instance: DcsInstance, work: DcsWork, state: DcsState) => void
  fail?: (instance: DcsInstance, work: DcsWork, state: DcsState) => void
}

const JOB_OUTCOMES: Kind['quirkOutcomes'] = [
  { quirk: 'failingJobs', outcome: 'fail' },
  { quirk: 'lyingJobs', outcome: 'lie' },
]
const RESTART_OUTCOMES: Kind['quirkOutcomes'] = [{ quirk: 'restartErrors', outcome: 'fail' }]

export const KINDS: Record<WorkKind, Kind> = {
  nodeStart: {
    from: ['RUNNING', 'ERROR'],
    busy: 'DCS.4017',
    task: 'NODESTARTING',
    jobType: 'startDCSNode',
    quirkOutcomes: JOB_OUTCOMES,
    succeed: (instance, work) => setNodes(instance, work.nodeIds, 'Active'),
  },
  nodeStop: {
    from: ['RUNNING', 'ERROR'],
    busy: 'DCS.4017',
    task: 'NODESTOPPING',
    jobType: 'stopDCSNode',
    quirkOutcomes: JOB_OUTCOMES,
    succeed: (instance, work) => setNodes(instance, work.nodeIds, 'Inactive'),
  },
  swap: {
    from: ['RUNNING'],
    busy: 'DCS.4017',
    task: 'SWAPPING',
    jobType: 'masterStandbySwapJob',
    quirkOutcomes: JOB_OUTCOMES,
    succeed: swapRoles,
  },
  switchover: {
    from: ['RUNNING'],
    busy: 'DCS.4017',
    task: 'SWAPPING',
    jobType: 'masterStandbySwapJob',
    quirkOutcomes: JOB_OUTCOMES,
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
    quirkOutcomes: RESTART_OUTCOMES,
    succeed: (instance) => {
      setAll(instance, 'RUNNING', 'Active')
      // The manual says: restarting a master/standby instance triggers a switchover.
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
    quirkOutcomes: RESTART_OUTCOMES,
    succeed: (instance) => setAll(instance, 'RUNNING', 'Active'),
    fail: (instance) => setAll(instance, 'ERROR', 'Inactive'),
  },
  flush: {
    from: ['RUNNING'],
    busy: 'DCS.4017',
    shows: 'FLUSHING',
    task: 'FLUSHING',
    jobType: 'flushDCSInstance',
    quirkOutcomes: [],
    succeed: () => {},
  },
  stop: {
    from: ['RUNNING'],
    busy: 'DCS.4017',
    shows: 'CLOSING',
    task: 'CLOSING',
    jobType: 'closeDCSInstance',
    quirkOutcomes: [],
    succeed: (instance) => setAll(instance, 'CLOSED', 'Inactive'),
  },
  start: {
    from: ['CLOSED'],
    busy: 'DCS.4017',
    shows: 'STARTING',
    task: 'STARTING',
    jobType: 'startDCSInstance',
    quirkOutcomes: [],
    succeed: (instance) => setAll(instance, 'RUNNING', 'Active'),
  },
  backup: {
    from: ['RUNNING'],
    busy: 'DCS.4096',
    task: 'BACKUPING',
    jobType: 'backupDCSInstance',
    quirkOutcomes: [{ quirk: 'failingBackups', outcome: 'fail' }],
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

/** In each group, the replica of highest priority becomes master. */
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
