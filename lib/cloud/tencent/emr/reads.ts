import * as z from 'zod/mini'
import { CloudError } from '../../errors.ts'
import { operation } from '../../operation.ts'
import type { Read } from '../../tracking.ts'
import { ClusterId } from './target.ts'

/** The reads of EMR that tracking needs. Unknown fields of the answers are dropped. */

/** An API of EMR. @param page `1026/…` of the English site, `589/…` of the Chinese one */
export function api(name: string, page: `${1026 | 589}/${number}`): { api: string; docs: string; provider: 'tencent' } {
  const site = page.startsWith('589') ? 'https://cloud.tencent.com' : 'https://www.tencentcloud.com'
  return { api: name, docs: `${site}/document/api/${page}`, provider: 'tencent' }
}

const Cluster = z.object({ ClusterId: z.string(), Status: z.int() })

const describeInstances = operation({
  name: 'emr.cluster.show',
  ...api('DescribeInstances', '1026/31052'),
  effect: 'read',
  input: z.strictObject({ clusterId: ClusterId }),
  output: z.object({ ClusterList: z.nullish(z.array(Cluster)) }),
  request: ({ clusterId }) => ({
    method: 'POST',
    path: '/',
    // -1 = of all projects; unless told, clusters outside the default project are not found.
    body: { DisplayStrategy: 'clusterList', InstanceIds: [clusterId], Offset: 0, Limit: 10, ProjectId: -1 },
  }),
})

/** The status code of a cluster. @throws {CloudError} `not-found` */
export async function readClusterStatus(read: Read, clusterId: string): Promise<number> {
  const { ClusterList } = await read(describeInstances, { clusterId })
  const cluster = ClusterList?.find((one) => one.ClusterId.toLowerCase() === clusterId.toLowerCase())
  if (cluster) return cluster.Status
  const what = `there is no cluster ${clusterId} in this account and region`
  throw new CloudError({ operation: describeInstances.name, kind: 'not-found', change: 'none', what })
}

const ServiceNode = z.object({
  Ip: z.string(),
  /** The component, e.g. `NameNode`. */
  NodeName: z.string(),
  /** `YYYY-MM-DD HH:mm:ss` of an undocumented zone. */
  LastRestartTime: z.nullish(z.string()),
  IsSupportRoleMonitor: z.nullish(z.boolean()),
})
type ServiceNode = z.infer<typeof ServiceNode>

/**
 * What the integers of the answers mean is documented nowhere; what these filters mean is. So: ask for the processes
 * that are as they should be, and see which are missing.
 */
export interface StateFilter {
  /** 1 started, 2 stopped. */
  OperatorStateId?: 1 | 2
  /** 1 normal, 2 in maintenance. */
  MaintainStateId?: 1 | 2
}

/** One page takes nearly every service whole. */
const PAGE = 999

const describeServiceNodeInfos = operation({
  name: 'emr.process.list',
  ...api('DescribeServiceNodeInfos', '1026/73239'),
  effect: 'read',
  input: z.strictObject({
    clusterId: ClusterId,
    service: z.string(),
    offset: z.int(),
    OperatorStateId: z.optional(z.int()),
    MaintainStateId: z.optional(z.int()),
  }),
  output: z.object({ TotalCnt: z.nullish(z.int()), ServiceNodeList: z.nullish(z.array(ServiceNode)) }),
  request: ({ clusterId, service, offset, ...filter }) => ({
    method: 'POST',
    path: '/',
    body: { InstanceId: clusterId, ServiceName: service, Offset: offset, Limit: PAGE, ...filter },
  }),
})

export interface Process {
  component: string
  ip: string
  restartedAt?: string
  /** False where it cannot be put into maintenance. */
  monitored: boolean
}

/**
 * All processes of a service that a filter lets through. Whether `Offset` counts pages or rows is not documented: where
 * one page is not all, both are tried.
 * @throws {CloudError} `unreadable` if the pages do not add up to what the cloud counts
 */
export async function listProcesses(
  read: Read,
  clusterId: string,
  service: string,
  filter: StateFilter,
): Promise<Process[]> {
  const found = new Map<string, Process>()
  const page = async (offset: number): Promise<{ rows: number; total: number }> => {
    const { TotalCnt, ServiceNodeList } = await read(describeServiceNodeInfos, {
      clusterId,
      service,
      offset,
      ...filter,
    })
    for (const node of ServiceNodeList ?? []) found.set(`${node.NodeName}@${node.Ip}`, processOf(node))
    const rows = ServiceNodeList?.length ?? 0
    return { rows, total: TotalCnt ?? rows }
  }
  // By the rows that came, for what `Limit` it takes at most is not documented either.
  const { rows, total } = await page(0)
  if (rows >= total) return [...found.values()]
  for (let number = 1; number * rows < total && found.size < total && rows > 0; number++) await page(number)
  for (let row = rows; row < total && found.size < total && rows > 0; row += rows) await page(row)
  if (found.size >= total) return [...found.values()]
  const what = `${service} has ${total} processes, of which ${found.size} were listed`
  throw new CloudError({ operation: describeServiceNodeInfos.name, kind: 'unreadable', change: 'none', what })
}

function processOf({ Ip, NodeName, LastRestartTime, IsSupportRoleMonitor }: ServiceNode): Process {
  const restarted = LastRestartTime ? { restartedAt: LastRestartTime } : {}
  return { component: NodeName, ip: Ip, monitored: IsSupportRoleMonitor !== false, ...restarted }
}
