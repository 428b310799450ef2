import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import { operation, type RequestParts } from '../../cloud/operation.ts'
import type { Read } from '../tracking.ts'
import { emrApi } from './reads.ts'
import { judgeStatus } from './states.ts'
import { ClusterId } from './target.ts'

/** Reads the status of clusters: of one, or of all that are listed. */

const Cluster = z.object({ ClusterId: z.string(), Status: z.int() })

const Clusters = z.object({ ClusterList: z.nullish(z.array(Cluster)) })
type Clusters = z.infer<typeof Clusters>

const describeInstances = operation({
  name: 'emr.cluster.show',
  ...emrApi('DescribeInstances', '1026/31052'),
  effect: 'read',
  input: z.strictObject({ clusterId: ClusterId }),
  output: Clusters,
  request: ({ clusterId }) => ({
    method: 'POST',
    path: '/',
    // -1 = all projects; without it, clusters outside the default project are not found.
    body: { DisplayStrategy: 'clusterList', InstanceIds: [clusterId], Offset: 0, Limit: 10, ProjectId: -1 },
  }),
})

/** EMR takes no more (`Limit`). */
const CLUSTERS_A_PAGE = 100

export const ClustersPage = z.object({ TotalCnt: z.int(), ClusterList: z.nullish(z.array(Cluster)) })

/** All clusters of the account in the region. There is no filter by status, and one by id would fit a single caller only. */
const listClusters = operation({
  name: 'emr.cluster.list',
  ...emrApi('DescribeInstances', '1026/31052'),
  effect: 'read',
  input: z.strictObject({ page: z.int() }),
  output: z.pipe(
    ClustersPage,
    z.transform(({ TotalCnt, ClusterList }) => ({
      ...{ rows: ClusterList?.length ?? 0, total: TotalCnt },
      atWork: (ClusterList ?? [])
        .filter(isAtWork)
        .map((one): [string, Clusters] => [keyOfCluster(one.ClusterId), { ClusterList: [one] }]),
    })),
  ),
  request: requestForPage,
})

export function requestForPage({ page }: { page: number }): RequestParts {
  // Offset counts pages.
  const body = { DisplayStrategy: 'clusterList', Offset: page, Limit: CLUSTERS_A_PAGE, ProjectId: -1 }
  return { method: 'POST', path: '/', body }
}

function isAtWork({ Status }: z.infer<typeof Cluster>): boolean {
  const { verdict, listed } = judgeStatus(Status)
  return listed && verdict === 'pending'
}

function keyOfCluster(clusterId: string): string {
  return clusterId.toLowerCase()
}

/** `describeInstances` for a cluster that was at work: a list may answer that it still is. */
const describeInstancesAtWork: typeof describeInstances = {
  ...describeInstances,
  shared: { kind: 'clusters', keyOf: ({ clusterId }) => keyOfCluster(clusterId), list: listClusters },
}

/**
 * Reads the status code of a cluster.
 * @param options `wasAtWork`: a list of clusters may answer that it still is
 * @throws {CloudError} `not-found`
 */
export async function readClusterStatus(
  read: Read,
  clusterId: string,
  { wasAtWork = false }: { wasAtWork?: boolean } = {},
): Promise<number> {
  const { ClusterList } = await read(wasAtWork ? describeInstancesAtWork : describeInstances, { clusterId })
  const cluster = ClusterList?.find((one) => one.ClusterId.toLowerCase() === clusterId.toLowerCase())
  if (cluster) return cluster.Status
  const what = `there is no cluster ${clusterId} in this account and region`
  throw new CloudError({ operation: describeInstances.name, kind: 'not-found', change: 'none', what })
}
