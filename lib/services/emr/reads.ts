import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import { operation } from '../../cloud/operation.ts'
import type { Service } from '../../cloud/service.ts'
import type { Read } from '../tracking.ts'
import { EMR } from './service.ts'
import { ClusterId } from './target.ts'

/** The reads that tracking needs. Unknown fields of answers are dropped. */

/** The name of an API of EMR, and its page. @param page `1026/…` of the English site, `589/…` of the Chinese one */
export function emrApi(name: string, page: `${1026 | 589}/${number}`): { api: string; docs: string; service: Service } {
  const site = page.startsWith('589') ? 'https://cloud.tencent.com' : 'https://www.tencentcloud.com'
  return { api: name, docs: `${site}/document/api/${page}`, service: EMR }
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
 * These filters are documented; the state integers of the answers are not. Tracking therefore lists the processes at the goal and
 * finds which are missing.
 */
export interface StateFilter {
  /** 1 started, 2 stopped. */
  OperatorStateId?: 1 | 2
  /** 1 normal, 2 in maintenance. */
  MaintainStateId?: 1 | 2
}

/** One page holds nearly every service. */
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
  /** False = it cannot be put into maintenance. */
  monitored: boolean
}

interface Page {
  processes: Process[]
  total: number
}

/** More reads than any service needs: even forty rows a page would do. */
const MAX_PAGES = 50

/**
 * Lists the processes of a service that match a filter, row by row: a component may be twice on a node. It is not documented
 * whether `Offset` counts pages or rows. Rows are tried first: if it counted rows, offsets in pages would give overlapping pages.
 * @throws {CloudError} `unreadable` if the pages do not add up to the cloud's total
 */
export async function listProcesses(
  read: Read,
  { clusterId, service }: { clusterId: string; service: string },
  filter: StateFilter = {},
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
  // By the rows received, because the maximum `Limit` is not documented either.
  const byRow = await allFrom(first, page, (rows) => rows)
  const all = byRow.length >= first.total ? byRow : await allFrom(first, page, (_, number) => number)
  if (all.length >= first.total) return all
  const listed = Math.max(byRow.length, all.length)
  const what = `${service} has ${first.total} processes, but only ${listed} were listed`
  const facts = { kind: 'unreadable', change: 'none', what, otherShape: true } as const
  throw new CloudError({ operation: describeServiceNodeInfos.name, ...facts })
}

/** @param offsetOf gives the next offset after a number of rows and pages */
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
    // The page is beyond the end, or the same for any offset.
    if (processes.length === 0 || seen.has(text)) break
    seen.add(text)
    all.push(...processes)
  }
  return all
}

/** The name of a process for people. A node may have two of the same name. */
export function keyOf({ component, ip }: Pick<Process, 'component' | 'ip'>): string {
  return `${component} on ${ip}`
}

function processOf({ Ip, NodeName, LastRestartTime, IsSupportRoleMonitor }: ServiceNode): Process {
  const restarted = LastRestartTime ? { restartedAt: LastRestartTime } : {}
  return { component: NodeName, ip: Ip, monitored: IsSupportRoleMonitor !== false, ...restarted }
}
