import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import { ACCOUNT_AND_REGION, unique } from '../target.ts'
import { InstanceId } from './reads.ts'

/** The target of DCS operations. */
export interface DcsTarget {
  account?: string | undefined
  region?: string | undefined
  instanceId: string
  nodeIds?: string[] | undefined
}

export const InstanceTarget = z
  .strictObject({ ...ACCOUNT_AND_REGION, instanceId: InstanceId })
  .check(z.describe('An instance of DCS'))

export const NodeId = z.string().check(z.regex(/^[\w-]{1,64}$/, 'must be a node id'))

export const NodeTarget = z
  .strictObject({
    ...InstanceTarget.shape,
    nodeIds: z.optional(
      z
        .array(NodeId)
        .check(
          z.minLength(1),
          z.maxLength(256),
          z.refine(unique, 'names a node twice'),
          z.describe('`node_id` or `logical_node_id` of the node listing; absent = ALL nodes of the instance'),
        ),
    ),
  })
  .check(z.describe('Nodes of an instance of DCS'))

/** Leaves out the region: an overridden endpoint answers for any region, and a UUID is unique everywhere. */
export function instanceResource({ instanceId }: DcsTarget): string {
  return `huawei/dcs/${instanceId.toLowerCase()}`
}

/** Reads that some instances do not support (a single node has no shards) give undefined; other errors are thrown. */
export async function whereSupported<Baseline>(read: Promise<Baseline>): Promise<Baseline | undefined> {
  try {
    return await read
  } catch (error) {
    const cannot = error instanceof CloudError && ['invalid', 'unsupported'].includes(error.facts.kind)
    if (cannot) return undefined
    throw error
  }
}
