import * as z from 'zod'
import { type EmrError, emrError } from './answers.ts'
import { clusterOf, type EmrAction, UNKNOWN_EMR_FIELDS } from './call.ts'
import { oneOf, oneOfNumbers, parametersOf } from './parameters.ts'
import { processesInScope, type ScopedService } from './scope.ts'
import { OP_TYPES } from './state.ts'
import { beginEmrWork, isBusy } from './work.ts'

const Component = z.strictObject({ ComponentName: z.string(), IpList: z.array(z.string()).nullish() })

const Service = z.strictObject({
  ServiceName: z.string(),
  // An absent list means every process of the service. The meaning of an empty one is not documented: it is an error here.
  ComponentInfoList: z.array(Component).nonempty().nullish(),
})

const Strategy = z.strictObject({
  RollingRestartSwitch: oneOfNumbers([0, 1]).optional(),
  /** Nodes per batch. */
  BatchSize: z.int().min(1).max(99_999).optional(),
  /** Seconds per batch; documented: at most five minutes. */
  TimeWait: z.int().min(0).max(300).optional(),
  /** 0: stop at a failure, 1: go on. */
  DealOnFail: oneOfNumbers([0, 1]).optional(),
  Args: z.array(z.strictObject({ Key: z.string(), Values: z.array(z.string()) })).nullish(),
})

const StopParams = z.strictObject({
  StopPolicy: oneOf(['safe', 'default']).optional(),
  ThreadCount: z.int().min(1).optional(),
  /** Seconds. */
  GraceDownTime: z.int().min(0).optional(),
})

/** Source: tencentcloud-sdk-nodejs `emr_models.ts`, release 4.1.299, and tccli `emr/v20190103/api.json`. */
const Request = z.strictObject({
  InstanceId: z.string(),
  OpType: oneOf([...OP_TYPES]),
  // The meaning of an absent or empty list is not documented: it is an error here.
  OpScope: z.strictObject({ ServiceInfoList: z.array(Service).nonempty() }),
  StrategyConfig: Strategy.optional(),
  StopParams: StopParams.optional(),
  KeepMonitorButNotRecoverProcess: z.boolean().optional(),
})
type Request = z.infer<typeof Request>

/** StartStopServiceOrMonitor: answers only the request id. */
export const startStop: EmrAction = (context, call) => {
  const parameters = parametersOf(Request, call.body)
  if ('refusal' in parameters) return parameters.refusal
  const { given } = parameters
  const mismatch = mismatchOf(given)
  if (mismatch) return mismatch
  if (context.quirks.denied.includes(given.OpType)) return emrError('UnauthorizedOperation.CheckCamAuth')
  const found = clusterOf(context, given.InstanceId, call.region)
  if ('refusal' in found) return found.refusal
  const services: ScopedService[] = given.OpScope.ServiceInfoList
  const scope = processesInScope(found.cluster, services)
  if ('refusal' in scope) return scope.refusal
  if (isBusy(context, found.cluster)) return emrError('ResourceInUse.InstanceInProcess')
  beginEmrWork(context, found.cluster, {
    op: given.OpType,
    processes: scope.processes,
    namesComponents: services.some((service) => service.ComponentInfoList),
    ...rollingOf(given),
  })
  return { fields: UNKNOWN_EMR_FIELDS }
}

/** An error for parameters that do not fit the `OpType`. */
function mismatchOf({
  OpType,
  StrategyConfig,
  StopParams,
  KeepMonitorButNotRecoverProcess,
}: Request): EmrError | undefined {
  if (OpType === 'RestartService' && !StrategyConfig) return emrError('MissingParameter', '`StrategyConfig`')
  // It has no documented default.
  if (StrategyConfig?.RollingRestartSwitch === 1 && StrategyConfig.BatchSize === undefined) {
    return emrError('MissingParameter', '`StrategyConfig.BatchSize`')
  }
  if (KeepMonitorButNotRecoverProcess !== undefined && OpType !== 'StopMonitor') {
    return emrError('InvalidParameter', '`KeepMonitorButNotRecoverProcess` goes only with StopMonitor.')
  }
  const isMisplaced = StopParams !== undefined && OpType !== 'StopService'
  return isMisplaced ? emrError('InvalidParameter', '`StopParams` goes only with StopService.') : undefined
}

/** Only a rolling restart goes in batches. Whether the strategy affects other operations is not documented. */
function rollingOf({ OpType, StrategyConfig }: Request): { batchSize?: number; timeWaitSeconds: number } {
  const { RollingRestartSwitch, BatchSize, TimeWait = 0 } = StrategyConfig ?? {}
  const isRolling = OpType === 'RestartService' && RollingRestartSwitch === 1
  return isRolling && BatchSize !== undefined
    ? { batchSize: BatchSize, timeWaitSeconds: TimeWait }
    : { timeWaitSeconds: 0 }
}
