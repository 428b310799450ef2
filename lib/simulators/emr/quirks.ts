import { type Dose, noDoses } from '../server/faults.ts'
import type { EmrErrorCode, Language } from './answers.ts'
import { EMR_FAULTS, type EmrFaultName } from './faults.ts'

/** The deviations that can be switched on, also while the simulator runs. Defaults are the documented behaviour. */
export interface EmrQuirks extends Record<EmrFaultName, Dose> {
  /** The code of `throttle`. */
  throttleCode: EmrErrorCode
  /** The code of `serverErrorBefore` and `serverErrorAfter`. */
  serverErrorCode: EmrErrorCode
  /** The Location of `redirect`. */
  redirectTo: string
  /** The X-TC-Token that every request must carry; empty: a request must carry none. */
  token: string
  /** The language of texts, where the request names none. */
  language: Language
  /** Requests of one action within any second; 0: no limit. Documented: 20. */
  perSecond: number
  /** Actions and OpTypes that CAM denies. Which of the two names it checks is not documented. */
  denied: string[]
  /** The unit of `Offset` in DescribeServiceNodeInfos. Documented: pages; not verified. */
  offsetMeaning: 'page' | 'row'
  /** The form of `LastRestartTime`, which is not documented. */
  restartTimes: 'padded' | 'unpadded' | 'zoned' | 'dashes' | 'none'
  /** Every process is listed twice, as in federated services. */
  twins: boolean
  /** The domestic site has the log of operations; the international one does not know the action. */
  operationLog: boolean
  /** Empty lists and optional objects come as null, as the documentation allows. */
  nulls: boolean
  /** Until then (epoch ms), every cluster has status 7: somebody else's work. */
  busyUntilMs: number
  /** The status while work runs, instead of 8 to 12; 0: off. */
  workingStatus: number
  /** The status of clusters where no id is asked for: such a list may lag behind; 0: off. */
  listedStatus: number
  /** Work on named components never shows in the status. */
  staysIdle: boolean
  /** How long the status stays after all processes are done. */
  statusTwoLateMs: number
  /** In each of the next restarts and starts, one process does not come back; the cluster becomes idle all the same. */
  neverBack: number
  /** The next accepted operations change nothing; the cluster is busy for their time. */
  failing: number
  /** The next accepted operations stop after their first batch; the cluster stays busy for ever. */
  blocked: number
}

/** The quirks that count down by accepted operations, not by requests. */
export type EmrCountingQuirk = 'neverBack' | 'failing' | 'blocked'

/** The documented behaviour, changed by the given quirks. */
export function emrQuirks(given: Partial<EmrQuirks> = {}): EmrQuirks {
  return {
    ...noDoses(EMR_FAULTS),
    throttleCode: 'RequestLimitExceeded',
    serverErrorCode: 'InternalError.WoodServerError',
    redirectTo: '/moved',
    token: '',
    language: 'en-US',
    perSecond: 20,
    denied: [],
    offsetMeaning: 'page',
    restartTimes: 'padded',
    twins: false,
    operationLog: true,
    nulls: false,
    busyUntilMs: 0,
    workingStatus: 0,
    listedStatus: 0,
    staysIdle: false,
    statusTwoLateMs: 0,
    neverBack: 0,
    failing: 0,
    blocked: 0,
    ...given,
  }
}
