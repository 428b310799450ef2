import { type Dose, noDoses } from '../server/faults.ts'
import type { EmrErrorCode, Language } from './answers.ts'
import { EMR_FAULTS, type EmrFaultName } from './faults.ts'

/** All deviations that can be switched on, also while the simulator runs. Every default is the documented behaviour. */
export interface EmrQuirks extends Record<EmrFaultName, Dose> {
  /** The code that `throttle` answers with. */
  throttleCode: EmrErrorCode
  /** The code that `serverErrorBefore` and `serverErrorAfter` answer with. */
  serverErrorCode: EmrErrorCode
  /** Where `redirect` sends to. */
  redirectTo: string
  /** The X-TC-Token that every request must carry; empty: none may be sent. */
  token: string
  /** Of texts, where the request does not name one. */
  language: Language
  /** Requests of one action let through in any one second, the documented limit being 20; 0: no limit. */
  perSecond: number
  /** Actions and OpTypes that CAM does not allow: which of the two names it checks is not documented. */
  denied: string[]
  /** Whether `Offset` of DescribeServiceNodeInfos counts pages or rows: documented as a page, not proven. */
  offsetMeaning: 'page' | 'row'
  /** `LastRestartTime`, whose form is guaranteed nowhere. */
  restartTimes: 'padded' | 'unpadded' | 'zoned' | 'dashes' | 'none'
  /** Every process is listed twice, as of federated services. */
  twins: boolean
  /** The domestic site has a log of operations, the international one knows no such action. */
  operationLog: boolean
  /** Lists that are empty and objects that are not needed come as null, as the documentation allows. */
  nulls: boolean
  /** Until then (epoch ms) every cluster is at somebody else's work: status 7. */
  busyUntilMs: number
  /** Shown instead of 8 to 12 while work runs; 0: off. */
  workingStatus: number
  /** Work that names components never shows in the status. */
  staysIdle: boolean
  /** How long the status goes on after all processes are done. */
  statusTwoLateMs: number
  /** Of the next restarts and starts, one process each does not come back; the cluster becomes idle all the same. */
  neverBack: number
  /** The next operations to be accepted change nothing; the cluster is busy for their time. */
  failing: number
  /** The next operations to be accepted end with their first batch, and the cluster stays busy for ever. */
  blocked: number
}

/** The quirks that count down by what is accepted, not by requests. */
export type EmrCountingQuirk = 'neverBack' | 'failing' | 'blocked'

/** The documented behaviour, with what is given switched on. */
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
    staysIdle: false,
    statusTwoLateMs: 0,
    neverBack: 0,
    failing: 0,
    blocked: 0,
    ...given,
  }
}
