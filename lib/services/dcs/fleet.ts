import * as z from 'zod/mini'
import { operation } from '../../cloud/operation.ts'
import type { ListFleet } from '../fleet.ts'
import { dcsApi, INSTANCES_A_PAGE, Listed, listOf, MAX_PAGE_BYTES } from './reads.ts'
import { meaningOf } from './states.ts'
import { instanceResource } from './target.ts'

/** All instances of the project. Only one that runs is healthy; a status that is not documented is not. */
export const listFleet: ListFleet = operation({
  name: 'dcs.instance.list',
  ...dcsApi('ListInstances'),
  effect: 'read',
  maxBytes: MAX_PAGE_BYTES,
  input: z.strictObject({ page: z.int() }),
  output: z.pipe(
    z.object({ instance_num: z.int(), instances: listOf(Listed) }),
    z.transform(({ instance_num: total, instances }) => ({
      ...{ rows: instances.length, total },
      members: instances.map(({ instance_id: instanceId, status }) => ({
        resource: instanceResource({ instanceId }),
        isHealthy: meaningOf(status) === 'running',
      })),
    })),
  ),
  request: ({ page }) => ({
    method: 'GET',
    path: '/v2/{project_id}/instances',
    query: { offset: String(page * INSTANCES_A_PAGE), limit: String(INSTANCES_A_PAGE) },
  }),
})
