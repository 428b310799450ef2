import * as z from 'zod'
import { emrError } from './answers.ts'
import { clusterOf, type EmrAction, localTime, UNKNOWN_EMR_FIELDS } from './call.ts'
import { parametersOf } from './parameters.ts'
import type { OpType } from './state.ts'

const Request = z.strictObject({
  InstanceId: z.string(),
  Offset: z.int().min(0),
  Limit: z.int().min(1),
  /** Epoch seconds. */
  StartTime: z.int().optional(),
  EndTime: z.int().optional(),
  SearchFields: z.array(z.strictObject({ SearchType: z.string(), SearchValue: z.string() })).optional(),
  Operand: z.string().optional(),
  SecurityLevel: z.string().optional(),
})

/** Only a creation's entry is documented. These are the console's names for the work. */
const NAMES: Record<OpType, string> = {
  StartService: '启动服务',
  StopService: '暂停服务',
  RestartService: '重启服务',
  StartMonitor: '退出维护',
  StopMonitor: '进入维护',
}

/** DescribeInstanceOplog: the operations begun on a cluster, newest first, without their ends. */
export const describeOperations: EmrAction = (context, call) => {
  if (!context.quirks.operationLog) return emrError('InvalidAction', '`DescribeInstanceOplog`')
  const parameters = parametersOf(Request, call.body)
  if ('refusal' in parameters) return parameters.refusal
  const { InstanceId, Offset, Limit, StartTime = 0, EndTime = Number.POSITIVE_INFINITY } = parameters.given
  const known = clusterOf(context, InstanceId, call.region)
  if ('refusal' in known) return known.refusal
  const wanted = context.state.works
    .filter(({ clusterId, acceptedAt }) => {
      const seconds = Math.floor(acceptedAt / 1000)
      return clusterId === known.cluster.id && seconds >= StartTime && seconds <= EndTime
    })
    .toReversed()
    .map(({ op, acceptedAt }) => ({
      CreateTime: localTime(acceptedAt),
      InstanceId: 1_000_000,
      Operand: '组件',
      Operation: NAMES[op],
      OperationDesc: '---',
      OperationType: 1,
      Operator: '100000000001',
      SecurityLevel: '一般',
      UserType: 1,
    }))
  const LogList = wanted.slice(Offset, Offset + Limit)
  return {
    fields: {
      ...(LogList.length > 0 ? { LogList } : {}),
      TotalCnt: wanted.length,
      OperandList: ['集群', '节点', '组件'],
      SecurityLevelList: ['一般', '危险', '高危'],
      ...UNKNOWN_EMR_FIELDS,
    },
  }
}
