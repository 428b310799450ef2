import { idIn } from '../engine/targets.ts'

/** What was read of replicas before a swap or a failover was sent. */
export interface Synced {
  /** @param by the delivery of a message that is handled */
  answered(by: object, operation: string, answer: { input: unknown; output: unknown }): void
  /** @returns why a call must not be sent now */
  unsafe(by: object, operation: string, target: { resource: string; nodeId: string | undefined }): string | undefined
}

interface Groups {
  group_list: { replication_list: { replication_role: string; node_id: string; status?: string }[] }[]
}

const SWAPS: ReadonlySet<string> = new Set(['dcs.instance.swap', 'dcs.shard.failover'])

export function createSynced(): Synced {
  /** Delivery -> instance -> its replicas that were not Active, as it read them last. */
  const read = new WeakMap<object, Map<string, string[]>>()
  return {
    answered: (by, operation, { input, output }) => {
      if (operation !== 'dcs.group.list') return
      const own = read.get(by) ?? new Map<string, string[]>()
      read.set(by, own)
      const replicas = (output as Groups).group_list.flatMap(({ replication_list }) => replication_list)
      const inactive = replicas.filter((one) => one.replication_role !== 'master' && one.status !== 'Active')
      own.set(
        (input as { instanceId: string }).instanceId,
        inactive.map(({ node_id }) => node_id),
      )
    },
    unsafe: (by, operation, { resource, nodeId }) => {
      if (!SWAPS.has(operation)) return undefined
      const inactive = read.get(by)?.get(idIn(resource))
      if (inactive === undefined) return `${operation} is sent to ${resource}, whose replicas were not read`
      // A failover names the one; here, a shard has one replica.
      const isUnsafe = nodeId === undefined ? inactive.length > 0 : inactive.includes(nodeId)
      return isUnsafe ? `${operation} is sent to ${resource}, whose replica is not Active` : undefined
    },
  }
}
