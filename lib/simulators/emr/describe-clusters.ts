import * as z from 'zod'
import type { Language } from './answers.ts'
import { type EmrAction, localTime, UNKNOWN_EMR_FIELDS } from './call.ts'
import type { EmrContext } from './context.ts'
import { oneOf, oneOfNumbers, parametersOf } from './parameters.ts'
import type { EmrCluster } from './state.ts'
import { statusOf } from './work.ts'

const Request = z.strictObject({
  DisplayStrategy: oneOf(['clusterList', 'monitorManage', 'cloudHardwareManage', 'componentManage']),
  InstanceIds: z.array(z.string()).optional(),
  /** Page index. */
  Offset: z.int().min(0).default(0),
  Limit: z.int().min(1).max(100).default(100),
  /** 0 is the default project alone; -1 is all projects. */
  ProjectId: z.int().min(-1).default(0),
  OrderField: oneOf(['clusterId', 'addTime', 'status']).optional(),
  Asc: oneOfNumbers([0, 1]).default(0),
})
type Request = z.output<typeof Request>

/** Being created, and creation failed: only `clusterList` shows these. */
const NOT_CREATED = [3, 301]

const STATUS_TEXTS: Record<number, Record<Language, string>> = {
  2: { 'en-US': 'Running', 'zh-CN': '运行中' },
  7: { 'en-US': 'Executing a command', 'zh-CN': '执行命令中' },
  8: { 'en-US': 'Restarting services', 'zh-CN': '重启服务中' },
  9: { 'en-US': 'Entering maintenance', 'zh-CN': '进入维护中' },
  10: { 'en-US': 'Pausing services', 'zh-CN': '服务暂停中' },
  11: { 'en-US': 'Leaving maintenance', 'zh-CN': '退出维护中' },
  12: { 'en-US': 'Leaving pause', 'zh-CN': '退出暂停中' },
}

/** DescribeInstances. It silently leaves out ids that do not exist or are in another project or region. */
export const describeClusters: EmrAction = (context, call) => {
  const parameters = parametersOf(Request, call.body)
  if ('refusal' in parameters) return parameters.refusal
  const { given } = parameters
  const wanted = context.state.clusters
    .filter((cluster) => cluster.region === call.region)
    .filter((cluster) => given.ProjectId === -1 || cluster.projectId === given.ProjectId)
    .filter((cluster) => given.InstanceIds?.includes(cluster.id) ?? true)
    .map((cluster) => viewOf(context, cluster, call.language))
    .map((view) => ({ ...view, Status: (given.InstanceIds ? 0 : context.quirks.listedStatus) || view.Status }))
    .filter((view) => given.DisplayStrategy === 'clusterList' || !NOT_CREATED.includes(view.Status))
  const first = given.Offset * given.Limit
  const page = sorted(wanted, given).slice(first, first + given.Limit)
  const ClusterList = page.length === 0 && context.quirks.nulls ? null : page
  return {
    fields: { TotalCnt: wanted.length, ClusterList, TagKeys: context.quirks.nulls ? null : [], ...UNKNOWN_EMR_FIELDS },
  }
}

type View = ReturnType<typeof viewOf>

function viewOf(context: EmrContext, cluster: EmrCluster, language: Language) {
  const Status = statusOf(context, cluster)
  const text = STATUS_TEXTS[Status]?.[language] ?? String(Status)
  return {
    Id: numericId(cluster),
    ClusterId: cluster.id,
    ClusterName: cluster.name,
    ClusterTitle: text,
    RegionId: 1,
    ZoneId: 100_003,
    Zone: `${cluster.region}-3`,
    AppId: 1_250_000_000,
    Uin: '100000000001',
    ProjectId: cluster.projectId,
    Status,
    AddTime: localTime(cluster.createdAt),
    RunTime: `${Math.floor((context.now() - cluster.createdAt) / 1000)}s`,
    MasterIp: context.quirks.nulls
      ? null
      : cluster.processes
          .slice(0, 1)
          .map(({ ip }) => ip)
          .join(),
    EmrVersion: 'EMR-V3.6.0',
    ChargeType: 1,
    AlarmInfo: '',
    Tags: context.quirks.nulls ? null : [],
    ...UNKNOWN_EMR_FIELDS,
  }
}

/** Descending unless `Asc` is 1. */
function sorted(views: View[], { OrderField, Asc }: Request): View[] {
  const keys = {
    clusterId: (view: View) => view.ClusterId,
    addTime: (view: View) => view.AddTime,
    status: (view: View) => view.Status,
  }
  if (!OrderField) return views
  const key = keys[OrderField]
  const ascending = views.toSorted((a, b) => (key(a) < key(b) ? -1 : Number(key(a) > key(b))))
  return Asc === 1 ? ascending : ascending.reverse()
}

/** Seven digits, as in samples. Nothing in this API takes it. */
function numericId(cluster: EmrCluster): number {
  return 1_000_000 + (Number.parseInt(cluster.id.slice('emr-'.length), 36) % 9_000_000)
}
