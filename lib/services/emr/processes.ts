import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import type { Read } from '../tracking.ts'
import { keyOf, listProcesses, type Process } from './reads.ts'
import { type ClusterTarget, MAX_PROCESSES } from './target.ts'

/** The explicit set that an operation acts on: what the target leaves out is filled in from the cluster, before it is sent. */

const TargetedService = z.object({
  name: z.string(),
  components: z
    .array(
      z.object({
        name: z.string(),
        nodes: z.array(z.object({ ip: z.string(), restartedAt: z.optional(z.string()) })).check(z.minLength(1)),
      }),
    )
    .check(z.minLength(1)),
})
export type TargetedService = z.infer<typeof TargetedService>

/** What is remembered of the time before an operation was sent, and sent with it. */
export const Targeted = z.object({
  services: z.array(TargetedService).check(z.minLength(1)),
  /** How many of them were already what the operation makes of them; absent where no process can be that before. */
  wereSo: z.optional(z.int()),
})
export type Targeted = z.infer<typeof Targeted>

/** What an operation is done to: processes that run, or their monitoring, which is not of all. */
export type Subject = 'process' | 'monitoring'

/** @throws {CloudError} `not-found` where nothing, or something that is named, is not there */
export async function resolveProcesses(read: Read, target: ClusterTarget, subject: Subject): Promise<Targeted> {
  const services = await Promise.all(
    target.services.map(async (service): Promise<TargetedService> => {
      const there = await listProcesses(read, target.clusterId, service.name, {})
      const able = await ABLE[subject](read, target.clusterId, service.name)
      return { name: service.name, components: componentsOf(service, there, able, subject) }
    }),
  )
  const total = services.flatMap(({ components }) => components.flatMap(({ nodes }) => nodes)).length
  if (total > MAX_PROCESSES) {
    throw refused('invalid', `${total} processes are more than the ${MAX_PROCESSES} of one run: name components or IPs`)
  }
  return { services }
}

type IsAble = (process: Process) => boolean

const ABLE: Record<Subject, (read: Read, clusterId: string, service: string) => Promise<IsAble>> = {
  // A role of clients has no process: it is neither started nor stopped.
  process: async (read, clusterId, service) => {
    const states = [1, 2] as const
    const listed = await Promise.all(
      states.map((OperatorStateId) => listProcesses(read, clusterId, service, { OperatorStateId })),
    )
    const keys = new Set(listed.flat().map(keyOf))
    return (process) => keys.has(keyOf(process))
  },
  monitoring: async () => (process) => process.monitored,
}

function componentsOf(
  service: ClusterTarget['services'][number],
  there: Process[],
  isAble: IsAble,
  subject: Subject,
): TargetedService['components'] {
  const byName = Map.groupBy(there, ({ component }) => component)
  const wanted = service.components ?? [...byName.keys()].map((name) => ({ name }))
  const components = wanted.flatMap(({ name, ips }: { name: string; ips?: string[] | undefined }) => {
    const all = byName.get(name) ?? []
    const absent = ips?.find((ip) => !all.some((one) => one.ip === ip))
    if (absent) throw refused('not-found', `${service.name} has no ${name} on ${absent}`)
    const named = ips ? all.filter(({ ip }) => ips.includes(ip)) : all
    const able = named.filter(isAble)
    if (service.components && named.length === 0) throw refused('not-found', `${service.name} has no ${name}`)
    if (service.components && able.length < named.length) {
      throw refused('unsupported', `${name} of ${service.name} has no ${subject} that could be started or stopped`)
    }
    return able.length > 0 ? [{ name, nodes: able.map(nodeOf) }] : []
  })
  if (components.length === 0) throw refused('not-found', `${service.name} has no process to act on`)
  return components
}

function nodeOf({ ip, restartedAt }: Process): { ip: string; restartedAt?: string } {
  return { ip, ...(restartedAt ? { restartedAt } : {}) }
}

function refused(kind: 'not-found' | 'unsupported' | 'invalid', what: string): CloudError {
  return new CloudError({ operation: 'emr.process.list', kind, change: 'none', what })
}

/** The scope as it is sent. */
export function wireOfScope({ services }: Targeted): Record<string, unknown> {
  return {
    ServiceInfoList: services.map(({ name, components }) => ({
      ServiceName: name,
      ComponentInfoList: components.map(({ name: component, nodes }) => ({
        ComponentName: component,
        IpList: [...new Set(nodes.map(({ ip }) => ip))],
      })),
    })),
  }
}
