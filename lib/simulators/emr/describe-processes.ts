import * as z from 'zod'
import type { Language } from './answers.ts'
import { emrError } from './answers.ts'
import { clusterOf, type EmrAction, localTime, UNKNOWN_EMR_FIELDS } from './call.ts'
import { componentOf, NODE_FLAGS } from './components.ts'
import type { EmrContext } from './context.ts'
import { oneOf, oneOfNumbers, parametersOf } from './parameters.ts'
import type { EmrCluster, EmrProcess } from './state.ts'
import { isActiveProcess } from './work.ts'

const Request = z.strictObject({
  InstanceId: z.string(),
  /** Page index or row, by the quirk `offsetMeaning`. */
  Offset: z.int().min(0).default(0),
  /** No default is documented. A small one makes a missing limit show. */
  Limit: z.int().min(1).default(10),
  // Optional in the schema, but the text requires it, or a ServiceGroupType that the schema does not have.
  ServiceName: z.string(),
  SearchText: z.string().optional(),
  SearchFields: z.array(z.strictObject({ SearchType: oneOf(['ipv4']), SearchValue: z.string() })).optional(),
  NodeTypeName: oneOf(['all', 'master', 'core', 'task', 'common', 'router']).default('all'),
  /** 0 all, 1 normal, 2 maintenance. */
  MaintainStateId: oneOfNumbers([0, 1, 2]).default(0),
  /** 0 all, 1 started, 2 stopped. */
  OperatorStateId: oneOfNumbers([0, 1, 2]).default(0),
  HealthStateId: oneOf(['0', '1', '-2', '-3', '-4', '-99']).default('-99'),
  ConfStatus: oneOfNumbers([-2, -1, 1, -99]).default(-99),
  DataNodeMaintenanceId: oneOfNumbers([0, 1]).default(0),
})
type Request = z.output<typeof Request>

/** As in the documentation's example; a larger page is not documented. */
const MAX_PER_PAGE = 999
/** `ConfStatus`: configuration is never stale here. */
const IN_SYNC = 1

const HEALTH = {
  good: { Code: 1, 'en-US': 'Good', 'zh-CN': '良好' },
  /** Documented: stopped or in maintenance. */
  unchecked: { Code: -4, 'en-US': 'Not checked', 'zh-CN': '未探测' },
}

/** DescribeServiceNodeInfos: the processes of one service. */
export const describeProcesses: EmrAction = (context, call) => {
  const parameters = parametersOf(Request, call.body)
  if ('refusal' in parameters) return parameters.refusal
  const { given } = parameters
  if (given.Limit > MAX_PER_PAGE) return emrError('InvalidParameter', '`Limit` is at most 999.')
  const known = clusterOf(context, given.InstanceId, call.region)
  if ('refusal' in known) return known.refusal
  const { cluster } = known
  const ofService = cluster.processes.filter((process) => process.service === given.ServiceName)
  if (ofService.length === 0) return emrError('UnsupportedOperation.ServiceNotSupport', `\`${given.ServiceName}\``)
  const found = ofService.filter((process) => isWanted(process, given))
  const wanted = context.quirks.twins ? found.flatMap((process) => [process, process]) : found
  const first = context.quirks.offsetMeaning === 'page' ? given.Offset * given.Limit : given.Offset
  const view = viewer(context, cluster, call.language)
  const list = wanted.slice(first, first + given.Limit).map(view)
  return {
    fields: {
      TotalCnt: wanted.length,
      ServiceNodeList: list.length === 0 && context.quirks.nulls ? null : list,
      AliasInfo: '{}',
      SupportNodeFlagFilterList: context.quirks.nulls ? null : [...new Set(ofService.map(nodeKindOf))],
      ...UNKNOWN_EMR_FIELDS,
    },
  }
}

/** 0, neither started nor stopped, for a client: it has no process. */
function operatorStateOf({ component, started }: EmrProcess): number {
  if (componentOf(component).isClient) return 0
  return started ? 1 : 2
}

function isWanted(process: EmrProcess, given: Request): boolean {
  const { HealthStateId, NodeTypeName, SearchText = '', SearchFields = [] } = given
  return [
    given.OperatorStateId === 0 || given.OperatorStateId === operatorStateOf(process),
    given.MaintainStateId === 0 || given.MaintainStateId === (process.inMaintenance ? 2 : 1),
    HealthStateId === '-99' || HealthStateId === String(healthOf(process).Code),
    NodeTypeName === 'all' || NodeTypeName === nodeKindOf(process),
    given.ConfStatus === -99 || given.ConfStatus === IN_SYNC,
    // Decommissioning within HDFS, which is not the maintenance of a process, is not simulated.
    given.DataNodeMaintenanceId === 0,
    `${process.component} ${process.ip}`.includes(SearchText),
    SearchFields.every(({ SearchValue }) => SearchValue === process.ip),
  ].every(Boolean)
}

function viewer({ quirks }: EmrContext, cluster: EmrCluster, language: Language) {
  return (process: EmrProcess) => {
    const component = componentOf(process.component)
    const { nulls } = quirks
    const health = healthOf(process)
    return {
      Ip: process.ip,
      NodeType: component.nodeType,
      NodeName: process.component,
      // The meaning of these three is not documented. They never change, so that no client can build on them.
      ServiceStatus: 1,
      MonitorStatus: 1,
      Status: 1,
      PortsInfo: component.port,
      LastRestartTime: RESTART_TIME[quirks.restartTimes](process.lastRestartAt),
      Flag: NODE_FLAGS[component.node],
      NodeFlagFilter: component.node,
      ConfGroupId: 1,
      ConfGroupName: `${process.service.toLowerCase()}-default-group`,
      ConfStatus: IN_SYNC,
      ServiceDetectionInfo: nulls ? null : [],
      HealthStatus: nulls ? null : { Code: health.Code, Text: health[language], Desc: '' },
      IsSupportRoleMonitor: !component.isNotMonitored,
      StopPolicies: nulls ? null : [STOP_POLICY],
      HAState: haStateOf(cluster, process),
      NameService: '',
      IsFederation: false,
      DataNodeMaintenanceState: 0,
      ...UNKNOWN_EMR_FIELDS,
    }
  }
}

const STOP_POLICY = {
  Name: 'default',
  DisplayName: 'default',
  Describe: '',
  BatchSizeRange: [1, 99_999],
  IsDefault: 'true',
}

const RESTART_TIME: Record<EmrContext['quirks']['restartTimes'], (ms: number) => string | null> = {
  padded: localTime,
  unpadded: (ms) => localTime(ms).replaceAll(/(?<=[- :])0(?=\d)/g, ''),
  zoned: (ms) => new Date(ms).toISOString(),
  dashes: () => '--',
  none: () => null,
}

function healthOf({ started, inMaintenance }: EmrProcess) {
  return started && !inMaintenance ? HEALTH.good : HEALTH.unchecked
}

function nodeKindOf(process: EmrProcess): string {
  return componentOf(process.component).node
}

function haStateOf(cluster: EmrCluster, process: EmrProcess): string {
  if (!componentOf(process.component).isHa) return ''
  return isActiveProcess(cluster, process) ? 'active' : 'standby'
}
