import { sha256Hex } from '../server/digest.ts'
import type { DcsNode, DcsState } from './state.ts'

/** An instance to begin with. Backups are given by their age at the start of the simulator. */
export interface InstanceSeed {
  id: string
  name: string
  mode: 'single' | 'ha' | 'cluster'
  nodes: DcsNode[]
  backupAgesHours: number[]
  /** RUNNING unless given. */
  status?: string
}

const HOUR_MS = 3_600_000

/** Makes the nodes: two in each shard, one in single mode. Ids are digests, the same at every start. */
export function seedInstance(seed: Omit<InstanceSeed, 'nodes'> & { shards?: number }): InstanceSeed {
  const { shards = 1, ...instance } = seed
  const roles = seed.mode === 'single' ? (['master'] as const) : (['master', 'slave'] as const)
  const nodes = Array.from({ length: shards }, (_, shard) =>
    roles.map((role, index): DcsNode => {
      const digest = (field: string) => hex32(`${seed.id}/${field}/${shard}/${index}`)
      return {
        node_id: digest('node'),
        logical_node_id: digest('logical-node'),
        replication_id: digest('replication'),
        name: `${seed.name}-node-${shard}-${index}`,
        group_id: hex32(`${seed.id}/group/${shard}`),
        group_name: `group-${shard}`,
        role,
        az_code: `cn-north-4${index === 0 ? 'a' : 'b'}`,
        // RFC 5737: addresses of nobody.
        ip: `192.0.2.${10 + shard * 2 + index}`,
        port: '6379',
        status: 'Active',
        priority_weight: 100,
      }
    }),
  ).flat()
  return { ...instance, nodes }
}

/** The default instances: two with a fresh backup, one whose backup is too old for a node stop, one that cannot have any. */
export const SEED_INSTANCES: readonly InstanceSeed[] = [
  seedInstance({
    id: '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef',
    name: 'orders-cache',
    mode: 'ha',
    backupAgesHours: [30, 6],
  }),
  seedInstance({
    id: '5b1f0c7a-3d52-4a86-9e0d-1c64f2a7b913',
    name: 'accounts-cache',
    mode: 'ha',
    backupAgesHours: [49],
  }),
  seedInstance({
    id: '9c47de18-60fb-4f3e-8a25-7b90cd13e642',
    name: 'catalog-cache',
    mode: 'cluster',
    shards: 3,
    backupAgesHours: [2],
  }),
  seedInstance({ id: 'e01a6b3c-94d7-4c28-b5f1-0a8d7e2c4f59', name: 'lab-cache', mode: 'single', backupAgesHours: [] }),
]

/** A state with these instances and nothing else. */
export function seedDcsState(seeds: readonly InstanceSeed[], nowMs: number): DcsState {
  return {
    instances: seeds.map((seed) => ({
      instance_id: seed.id,
      name: seed.name,
      cache_mode: seed.mode,
      status: seed.status ?? 'RUNNING',
      created_at: nowMs - 90 * 24 * HOUR_MS,
      nodes: structuredClone(seed.nodes),
    })),
    backups: seeds.flatMap((seed) =>
      seed.backupAgesHours.map((age) => ({
        backup_id: uuidOf(`${seed.id}/backup/${age}`),
        instance_id: seed.id,
        status: 'succeed' as const,
        backup_type: 'auto' as const,
        backup_format: 'rdb' as const,
        remark: '',
        // They differ by ten minutes: the 24 h rule goes by updated_at.
        created_at: nowMs - age * HOUR_MS - 600_000,
        updated_at: nowMs - age * HOUR_MS,
      })),
    ),
    works: [],
    requests: [],
    counts: {},
  }
}

function hex32(text: string): string {
  return sha256Hex(text).slice(0, 32)
}

function uuidOf(text: string): string {
  return hex32(text).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
