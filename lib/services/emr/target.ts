import * as z from 'zod/mini'
import { ACCOUNT_AND_REGION, unique, uniqueNames } from '../target.ts'

/** What EMR operations act on: a cluster, services in it, of each all or some components, of each all or some nodes. */

export const ClusterId = z
  .string()
  .check(z.toLowerCase(), z.regex(/^emr-[a-z0-9]{4,32}$/, 'must be an EMR cluster id such as emr-4zvc5mul'))

const Component = z.strictObject({
  name: z
    .string()
    .check(
      z.regex(/^[\w.-]{1,64}$/, 'must be the name of a component such as NameNode'),
      z.describe('as the cluster spells it, e.g. `NameNode`'),
    ),
  ips: z.optional(
    z
      .array(z.union([z.ipv4(), z.ipv6()], 'must be an IP address'))
      .check(
        z.minLength(1),
        z.maxLength(1000),
        z.refine(unique, 'names an IP twice'),
        z.describe('of nodes; absent = all nodes that have it'),
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

/** The record of a run, and the notification of its end, hold the whole set: so many fit a 256 KiB message. */
export const MAX_PROCESSES = 2_000

function ipsOf(services: z.infer<typeof Service>[]): number {
  const components = services.flatMap((service) => service.components ?? [])
  return components.reduce((sum, { ips }) => sum + (ips?.length ?? 0), 0)
}

export const ClusterTarget = z.strictObject({
  ...ACCOUNT_AND_REGION,
  clusterId: ClusterId,
  services: z.array(Service).check(
    z.minLength(1),
    z.maxLength(20),
    z.refine(uniqueNames, 'names a service twice'),
    z.refine((services) => ipsOf(services) <= MAX_PROCESSES, `names more than ${MAX_PROCESSES} IPs`),
  ),
})
export type ClusterTarget = z.infer<typeof ClusterTarget>

/** A cluster does one thing at a time. */
export function clusterResource({ clusterId }: Pick<ClusterTarget, 'clusterId'>): string {
  return `tencent/emr/${clusterId.toLowerCase()}`
}

/** The same target, however its services, components and IPs were ordered. */
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
