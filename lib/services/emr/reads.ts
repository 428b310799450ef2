import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import { operation } from '../../cloud/operation.ts'
import type { Service } from '../../cloud/service.ts'
import type { Read } from '../tracking.ts'
import { EMR } from './service.ts'
import { ClusterId } from './target.ts'

/** The reads of EMR that tracking needs. Unknown fields of the answers are dropped. */

/** An API of EMR. @param page `1026/…` of the English site, `589/…` of the Chinese one */
export function emrApi(name: string, page: `${1026 | 589}/${number}`): { api: string; docs: string; service: Service } {
  const site = page.startsWith('589') ? 'https://cloud.tencent.com' : 'https://www.tencentcloud.com'
  return { api: name, docs: `${site}/document/api/${page}`, service: EMR }
}

const Cluster = z.object({ ClusterId: z.string(), Status: z.int() })

const describeInstances = operation({
  name: 'emr.cluster.show',
  ...emrApi('DescribeInstances', '1026/31052'),
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
  ...emrApi('DescribeServiceNodeInfos', '1026/73239'),
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

interface Page {
  processes: Process[]
  total: number
}

/** More reads are no listing: a page would hold forty. */
const MAX_PAGES = 50

/**
 * All processes of a service that a filter lets through, row by row: a component may be twice on a node. Whether `Offset` counts
 * pages or rows is not documented: where one page is not all, rows are tried first, for pages that were rows would overlap.
 * @throws {CloudError} `unreadable` if the pages do not add up to what the cloud counts
 */
export async function listProcesses(
  read: Read,
  clusterId: string,
  service: string,
  filter: StateFilter,
): Promise<Process[]> {
  const page = async (offset: number): Promise<Page> => {
    const { TotalCnt, ServiceNodeList } = await read(describeServiceNodeInfos, {
      clusterId,
      service,
      offset,
      ...filter,
    })
    const processes = (ServiceNodeList ?? []).map(processOf)
    return { processes, total: TotalCnt ?? processes.length }
  }
  const first = await page(0)
  const size = first.processes.length
  if (size >= first.total) return first.processes
  // By the rows that came, for what `Limit` it takes at most is not documented either.
  const byRow = await allFrom(first, page, (rows) => rows)
  const all = byRow.length >= first.total ? byRow : await allFrom(first, page, (_, number) => number)
  if (all.length >= first.total) return all
  const what = `${service} has ${first.total} processes, of which ${Math.max(byRow.length, all.length)} were listed`
  const facts = { kind: 'unreadable', change: 'none', what, otherShape: true } as const
  throw new CloudError({ operation: describeServiceNodeInfos.name, ...facts })
}

/** @param offsetOf of the next page, after so many rows and pages */
async function allFrom(
  first: Page,
  page: (offset: number) => Promise<Page>,
  offsetOf: (rows: number, pages: number) => number,
): Promise<Process[]> {
  const all = [...first.processes]
  const seen = new Set([JSON.stringify(first.processes)])
  for (let pages = 1; pages < MAX_PAGES && all.length < first.total; pages++) {
    const { processes } = await page(offsetOf(all.length, pages))
    const text = JSON.stringify(processes)
    // Beyond the end, or the same page for any offset.
    if (processes.length === 0 || seen.has(text)) break
    seen.add(text)
    all.push(...processes)
  }
  return all
}

/** What people know a process by. A node may have two of a kind. */
export function keyOf({ component, ip }: Pick<Process, 'component' | 'ip'>): string {
  return `${component} on ${ip}`
}

function processOf({ Ip, NodeName, LastRestartTime, IsSupportRoleMonitor }: ServiceNode): Process {
  const restarted = LastRestartTime ? { restartedAt: LastRestartTime } : {}
  return { component: NodeName, ip: Ip, monitored: IsSupportRoleMonitor !== false, ...restarted }
}
