import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import { operation } from '../../cloud/operation.ts'
import { brief, type Facts, ownSinceMs, type Read } from '../tracking.ts'
import { emrApi } from './reads.ts'
import { instantsOf } from './restart-time.ts'
import { ClusterId, type ClusterTarget } from './target.ts'

/** Reads the cluster's log of operations: it shows that one has begun, never how it ended. Only the domestic site has it. */

const Entry = z.object({
  /** E.g. `重启服务`; the names are not documented. */
  Operation: z.nullish(z.string()),
  /** `YYYY-MM-DD HH:mm:ss` of an undocumented zone. */
  CreateTime: z.nullish(z.string()),
})

const describeInstanceOplog = operation({
  name: 'emr.operation.list',
  ...emrApi('DescribeInstanceOplog', '589/125897'),
  effect: 'read',
  input: z.strictObject({ clusterId: ClusterId, sinceSeconds: z.int() }),
  output: z.object({ LogList: z.nullish(z.array(Entry)) }),
  request: ({ clusterId, sinceSeconds }) => ({
    method: 'POST',
    path: '/',
    body: {
      InstanceId: clusterId,
      Offset: 0,
      Limit: 100,
      StartTime: sinceSeconds,
      EndTime: sinceSeconds + 24 * 3600,
    },
  }),
})

/** A lost call arrives within minutes: later entries are somebody else's. */
const LATEST_MS = 15 * 60_000

/**
 * Finds an operation in the log.
 * @param named matches its possible names
 * @returns its name there; undefined = not listed, or the log cannot be read: neither proves anything
 */
export async function findLogged(read: Read, facts: Facts<ClusterTarget>, named: RegExp): Promise<string | undefined> {
  const { target, sentAtMs } = facts
  // The log has whole seconds.
  const sinceSeconds = Math.floor(ownSinceMs(facts) / 1000)
  const isOwn = (ms: number): boolean => ms >= sinceSeconds * 1000 && ms <= sentAtMs + LATEST_MS
  try {
    const { LogList } = await read(describeInstanceOplog, { clusterId: target.clusterId, sinceSeconds })
    const own = LogList?.find(
      ({ Operation, CreateTime }) => named.test(Operation ?? '') && instantsOf(CreateTime ?? '').some(isOwn),
    )
    return own && brief(`LOGGED ${own.Operation}`)
  } catch (error) {
    if (error instanceof CloudError) return undefined
    throw error
  }
}
