import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import type { Read } from '../tracking.ts'
import { keyOf, listProcesses, type Process } from './reads.ts'
import { type ClusterTarget, MAX_PROCESSES } from './target.ts'

/** Resolves the processes that an operation acts on: the cluster's listing fills in what the target leaves out. */

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

/** The baseline of an operation, and the scope that is sent. */
export const Targeted = z.object({
  services: z.array(TargetedService).check(z.minLength(1)),
  /** Number of processes that were at the goal before; absent where none can be. */
  wereSo: z.optional(z.int()),
})
export type Targeted = z.infer<typeof Targeted>

/** The subject of an operation: processes, or their monitoring, which not all processes have. */
export type Subject = 'process' | 'monitoring'

/** @throws {CloudError} `not-found` where a named process, or any, is missing */
export async function resolveProcesses(read: Read, target: ClusterTarget, subject: Subject): Promise<Targeted> {
  const services = await Promise.all(
    target.services.map(async (service): Promise<TargetedService> => {
      const scope = { clusterId: target.clusterId, service: service.name }
      const listed = await listProcesses(read, scope)
      const isAble = await ABLE[subject](read, scope)
      return { name: service.name, components: componentsOf(service, { listed, isAble, subject }) }
    }),
  )
  const total = services.flatMap(({ components }) => components.flatMap(({ nodes }) => nodes)).length
  if (total > MAX_PROCESSES) {
    throw refused(
      'invalid',
      `${total} processes exceed the maximum of ${MAX_PROCESSES} per run: name components or IPs`,
    )
  }
  return { services }
}

type IsAble = (process: Process) => boolean

interface Scope {
  clusterId: string
  service: string
}

const ABLE: Record<Subject, (read: Read, scope: Scope) => Promise<IsAble>> = {
  // Client roles have no process: they are neither started nor stopped.
  process: async (read, scope) => {
    const states = [1, 2] as const
    const listed = await Promise.all(states.map((OperatorStateId) => listProcesses(read, scope, { OperatorStateId })))
    const keys = new Set(listed.flat().map(keyOf))
    return (process) => keys.has(keyOf(process))
  },
  monitoring: async () => (process) => process.monitored,
}

function componentsOf(
  service: ClusterTarget['services'][number],
  { listed, isAble, subject }: { listed: Process[]; isAble: IsAble; subject: Subject },
): TargetedService['components'] {
  const byName = Map.groupBy(listed, ({ component }) => component)
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

/** The scope in the words of the wire. */
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
