import { type Dose, noDoses } from '../server/faults.ts'
import type { CodeStyle, DcsErrorCode } from './answers.ts'
import { DCS_FAULTS, type DcsFaultName } from './faults.ts'
import type { RateLimit } from './rate-limit.ts'
import type { WorkKind } from './state.ts'

/** The deviations that can be switched on, also while the simulator runs. Defaults are the documented behaviour. */
export interface DcsQuirks extends Record<DcsFaultName, Dose> {
  /** The body of a successful nodes/status: SDKs and the Terraform provider differ from the documented JSON. */
  jobIdForm: 'json' | 'json-string' | 'prefixed' | 'bare'
  codeStyle: CodeStyle
  /** The code of `busyWrites`. */
  busyCode: DcsErrorCode
  /** The Retry-After of `throttle`; 0 sends none. */
  retryAfterSeconds: number
  /** The Location of `redirect`. */
  redirectTo: string
  /** For each API (method and path pattern). The real limit is not documented. */
  rateLimit: RateLimit
  /** The X-Security-Token that every request must carry; empty: none. */
  securityToken: string
  /** The status of a stopped instance, which is not documented. */
  stoppedStatus: string
  /** The status while work runs, instead of RESTARTING and the like; empty: off. */
  workingStatus: string
  /** The status of every instance in the list of instances, which may lag behind; empty: off. */
  listedStatus: string
  /** The status of an open job, instead of INIT and RUNNING; empty: off. */
  jobStatus: string
  /** Kinds of work that the task lists leave out: an absent task proves nothing. Only the swap is documented to be listed. */
  unlistedTasks: WorkKind[]
  /** Ended tasks are listed as DELETED. */
  deletedTasks: boolean
  /** The nodes that an instance lists. Before Redis 4.0 it lists none; the SDK allows for `null` and less. */
  nodeList: 'whole' | 'empty' | 'null' | 'half'
  /** The form of backup times: Open Telekom Cloud's sample and Terraform's documentation differ. */
  backupTimes: 'iso' | 'plain'
  /**
   * How long a replica takes all data anew after its master has changed (ms), and is Inactive for so long. Documented is that it
   * does (manual, "Master/Standby Redis"), not what it shows.
   */
  replicaSyncMs: number
  /** Every second read of an instance at work shows it idle. */
  flappingStatus: boolean
  /** Instances for which a batch action answers `failed` and does nothing. */
  failedInstances: string[]
  /** The next jobs to be accepted end in FAIL. */
  failingJobs: number
  /** The next jobs to be accepted end in SUCCESS and change nothing. */
  lyingJobs: number
  /** The next restarts to be accepted end in ERROR. */
  restartErrors: number
  /** The next backups to be accepted end in failed. */
  failingBackups: number
  /** The next job queries do not find their job. */
  unknownJobs: number
}

/** The quirks that count down by accepted operations or job queries, not by requests. */
export type DcsCountingQuirk = 'failingJobs' | 'lyingJobs' | 'restartErrors' | 'failingBackups' | 'unknownJobs'

/** The documented behaviour, changed by the given quirks. */
export function dcsQuirks(given: Partial<DcsQuirks> = {}): DcsQuirks {
  return {
    ...noDoses(DCS_FAULTS),
    jobIdForm: 'json',
    codeStyle: 'dotted',
    busyCode: 'DCS.4026',
    retryAfterSeconds: 0,
    // RFC 2606: a name that never resolves.
    redirectTo: 'https://elsewhere.invalid/',
    rateLimit: { limit: 20, seconds: 1 },
    securityToken: '',
    stoppedStatus: 'CLOSED',
    workingStatus: '',
    listedStatus: '',
    jobStatus: '',
    unlistedTasks: ['nodeStart', 'nodeStop', 'restart', 'softRestart', 'flush', 'stop', 'start', 'backup'],
    deletedTasks: false,
    nodeList: 'whole',
    backupTimes: 'iso',
    replicaSyncMs: 0,
    flappingStatus: false,
    failedInstances: [],
    failingJobs: 0,
    lyingJobs: 0,
    restartErrors: 0,
    failingBackups: 0,
    unknownJobs: 0,
    ...given,
  }
}
