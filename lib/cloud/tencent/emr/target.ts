import * as z from 'zod'
import { PLACE, unique, uniqueNames } from '../../target.ts'

/** What EMR operations act on: a cluster, services in it, of each all or some components, of each all or some nodes. */

export const ClusterId = z
  .string()
  .toLowerCase()
  .regex(/^emr-[a-z0-9]{4,32}$/, 'must be an EMR cluster id such as emr-4zvc5mul')

const Component = z.strictObject({
  /** As the cluster spells it, e.g. `NameNode`. */
  name: z.string().regex(/^[\w.-]{1,64}$/, 'must be the name of a component such as NameNode'),
  /** IPs of nodes; absent = all nodes that have it. */
  ips: z
    .array(z.union([z.ipv4(), z.ipv6()], 'must be an IP address'))
    .min(1)
    .max(1000)
    .refine(unique, 'names an IP twice')
    .optional(),
})

const Service = z.strictObject({
  /** Upper case, e.g. `HDFS`. */
  name: z
    .string()
    .toUpperCase()
    .regex(/^[A-Z][A-Z0-9_-]{0,63}$/, 'must be the name of a service such as HDFS'),
  /** Absent = every process of the service. */
  components: z.array(Component).min(1).max(50).refine(uniqueNames, 'names a component twice').optional(),
})

export const ClusterTarget = z.strictObject({
  ...PLACE,
  clusterId: ClusterId,
  services: z.array(Service).min(1).max(20).refine(uniqueNames, 'names a service twice'),
})
export type ClusterTarget = z.infer<typeof ClusterTarget>

/** A cluster does one thing at a time. */
export function resource({ clusterId }: Pick<ClusterTarget, 'clusterId'>): string {
  return `tencent/emr/${clusterId.toLowerCase()}`
}
