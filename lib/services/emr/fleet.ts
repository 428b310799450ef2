import * as z from 'zod/mini'
import { operation } from '../../cloud/operation.ts'
import type { ListFleet } from '../fleet.ts'
import { ClustersPage, requestForPage } from './clusters.ts'
import { emrApi } from './reads.ts'
import { judgeStatus } from './states.ts'
import { clusterResource } from './target.ts'

/** All clusters of the account in the region. Only an idle one that works is healthy. */
export const listFleet: ListFleet = operation({
  name: 'emr.cluster.list',
  ...emrApi('DescribeInstances', '1026/31052'),
  effect: 'read',
  input: z.strictObject({ page: z.int() }),
  output: z.pipe(
    ClustersPage,
    z.transform(({ TotalCnt: total, ClusterList }) => {
      const clusters = ClusterList ?? []
      return {
        ...{ rows: clusters.length, total },
        members: clusters.map(({ ClusterId: clusterId, Status }) => ({
          resource: clusterResource({ clusterId }),
          isHealthy: judgeStatus(Status).verdict === 'done',
        })),
      }
    }),
  ),
  request: requestForPage,
})
