import { isIP } from 'node:net'
import * as z from 'zod/mini'
import { ACCOUNT_AND_REGION, unique, uniqueNames } from '../target.ts'

/** The target of EMR operations: a cluster, services in it, all or some components of each, and all or some nodes of each. */

export const ClusterId = z
  .string()
  .check(
    z.toLowerCase(),
    z.regex(/^emr-[a-z0-9]{4,32}$/, 'must be an EMR cluster id such as emr-4zvc5mul'),
    z.describe('id of the cluster, e.g. `emr-4zvc5mul`'),
  )

const Ip = z.string().check(
  z.regex(/^[0-9a-fA-F:.]{2,45}$/, { error: 'must be an IP address', abort: true }),
  z.refine((text) => isIP(text) !== 0, 'must be an IP address'),
)

const Component = z.strictObject({
  name: z
    .string()
    .check(
      z.regex(/^[\w.-]{1,64}$/, 'must be the name of a component such as NameNode'),
      z.describe('as the cluster spells it, e.g. `NameNode`'),
    ),
  ips: z.optional(
    z
      .array(Ip)
      .check(
        z.minLength(1),
        z.maxLength(1000),
        z.refine(unique, 'names an IP twice'),
        z.describe('IPs of nodes; absent = all nodes that have the component'),
      ),
  ),
})

const Service = z.strictObject({
  name: z
    .string()
    .check(
      z.toUpperCase(),
      z.regex(/^[A-Z][A-Z0-9_-]{0,63}$/, 'must be the name of a service such as HDFS'),
      z.describe('upper case, e.g. `HDFS`'),
    ),
  components: z.optional(
    z
      .array(Component)
      .check(
        z.minLength(1),
        z.maxLength(50),
        z.refine(uniqueNames, 'names a component twice'),
        z.describe('absent = every process of the service'),
      ),
  ),
})

/** A run's record and its notification contain the whole set: this many fit into a message of 256 KiB. */
export const MAX_PROCESSES = 2_000

function ipsOf(services: z.infer<typeof Service>[]): number {
  const components = services.flatMap((service) => service.components ?? [])
  return components.reduce((sum, { ips }) => sum + (ips?.length ?? 0), 0)
}

export const ClusterTarget = z
  .strictObject({
    ...ACCOUNT_AND_REGION,
    clusterId: ClusterId,
    services: z.array(Service).check(
      z.minLength(1),
      z.maxLength(20),
      z.refine(uniqueNames, 'names a service twice'),
      z.refine((services) => ipsOf(services) <= MAX_PROCESSES, `names more than ${MAX_PROCESSES} IPs`),
      z.describe('the services'),
    ),
  })
  .check(z.describe('Services of a cluster of EMR'))
export type ClusterTarget = z.infer<typeof ClusterTarget>

/** Locks the whole cluster, because it does one thing at a time. */
export function clusterResource({ clusterId }: Pick<ClusterTarget, 'clusterId'>): string {
  return `tencent/emr/${clusterId.toLowerCase()}`
}

/** The target with its services, components and IPs sorted. */
export function inOrder(target: ClusterTarget): ClusterTarget {
  const components = (list: z.infer<typeof Component>[]): z.infer<typeof Component>[] =>
    byName(list).map(({ name, ips }) => ({ name, ...(ips ? { ips: ips.toSorted() } : {}) }))
  const services = byName(target.services).map(({ name, components: list }) => ({
    name,
    ...(list ? { components: components(list) } : {}),
  }))
  return { ...target, services }
}

function byName<One extends { name: string }>(list: One[]): One[] {
  return list.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
