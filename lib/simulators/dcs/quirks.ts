import { type Dose, noDoses } from '../server/faults.ts'
import type { CodeStyle, DcsErrorCode } from './answers.ts'
import { DCS_FAULTS, type DcsFaultName } from './faults.ts'
import type { RateLimit } from './rate-limit.ts'
import type { WorkKind } from './state.ts'

/** All deviations that can be switched on, also while the simulator runs. Every default is the documented behaviour. */
export interface DcsQuirks extends Record<DcsFaultName, Dose> {
  /** Body of a good nodes/status: SDK and Terraform provider disagree with the documented JSON. */
  jobIdForm: 'json' | 'json-string' | 'prefixed' | 'bare'
  codeStyle: CodeStyle
  /** The code that `busyWrites` answers with. */
  busyCode: DcsErrorCode
  /** Goes with `throttle`; 0 sends no Retry-After. */
  retryAfterSeconds: number
  /** Goes with `redirect`: the Location, as it stands. */
  redirectTo: string
  /** For each API, that is, method and path pattern, apart. What the real one takes is documented nowhere. */
  rateLimit: RateLimit
  /** The X-Security-Token that every request must carry; empty: none needed. */
  securityToken: string
  /** What a stopped instance shows: not documented anywhere. */
  stoppedStatus: string
  /** Shown instead of RESTARTING and the like while work runs; empty: off. */
  workingStatus: string
  /** Shown instead of INIT and RUNNING by a job; empty: off. */
  jobStatus: string
  /** Kinds of work that the task lists leave out, although they run: an absent task proves nothing. Only the swap is documented. */
  unlistedTasks: WorkKind[]
  /** Tasks that have ended are listed as DELETED. */
  deletedTasks: boolean
  /** What an instance answers for its nodes: before Redis 4.0, and in whatever else the SDK allows for, there are none. */
  nodeList: 'whole' | 'empty' | 'null' | 'half'
  /** How times of backups are written: Open Telekom Cloud's sample and Terraform's documentation differ. */
  backupTimes: 'iso' | 'plain'
  /** Every second read of an instance at work shows it as if it were idle. */
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

/** The quirks that count down by what is accepted or asked, not by requests. */
export type DcsCountingQuirk = 'failingJobs' | 'lyingJobs' | 'restartErrors' | 'failingBackups' | 'unknownJobs'

/** The documented behaviour, with what is given switched on. */
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
    jobStatus: '',
    unlistedTasks: ['nodeStart', 'nodeStop', 'restart', 'softRestart', 'flush', 'stop', 'start', 'backup'],
    deletedTasks: false,
    nodeList: 'whole',
    backupTimes: 'iso',
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
