import type { ComponentName } from './components.ts'
import type { EmrProcess, EmrState } from './state.ts'

/** A cluster to begin with: its services, their components, and the IPs that each runs on. */
export interface ClusterSeed {
  /** `emr-` and eight of 0–9 a–z. */
  id: string
  name: string
  services: Record<string, Partial<Record<ComponentName, readonly string[]>>>
  /** ap-guangzhou unless given. */
  region?: string
  /** 0, the default project, unless given. */
  projectId?: number
  /** 2, running, unless given. */
  status?: number
}

const HOUR_MS = 3_600_000

/** The first is the node of the documented request example. */
const MASTERS = ['172.16.114.126', '172.16.114.127']
const COMMONS = ['172.16.114.131', '172.16.114.132', '172.16.114.133']
const CORES = ['172.16.114.141', '172.16.114.142', '172.16.114.143']

/** The default clusters. One is in another project: a request without `ProjectId: -1` does not list it. */
export const SEED_CLUSTERS: readonly ClusterSeed[] = [
  {
    id: 'emr-4zvc5mul',
    name: 'warehouse',
    services: {
      HDFS: { NameNode: MASTERS, ZKFailoverController: MASTERS, JournalNode: COMMONS, DataNode: CORES },
      YARN: { ResourceManager: MASTERS, NodeManager: CORES },
      HIVE: {
        HiveMetaStore: MASTERS.slice(0, 1),
        HiveServer2: MASTERS.slice(0, 1),
        HiveWebHcat: MASTERS.slice(0, 1),
      },
      ZOOKEEPER: { QuorumPeerMain: COMMONS },
    },
  },
  {
    id: 'emr-7hb2m4tc',
    name: 'events-store',
    services: {
      HBASE: { HMaster: ['172.16.115.11', '172.16.115.12'], HRegionServer: ['172.16.115.21', '172.16.115.22'] },
      ZOOKEEPER: { QuorumPeerMain: ['172.16.115.31'] },
    },
  },
  {
    id: 'emr-9fin3k8w',
    name: 'finance-reports',
    projectId: 1137,
    services: {
      YARN: { ResourceManager: ['172.16.116.11'], NodeManager: ['172.16.116.21', '172.16.116.22'] },
      SPARK: { SparkJobHistoryServer: ['172.16.116.11'] },
    },
  },
  {
    id: 'emr-2lab9xq7',
    name: 'lab',
    services: { HDFS: { NameNode: ['172.16.117.11'], DataNode: ['172.16.117.21', '172.16.117.22'] } },
  },
]

/** A state with these clusters, every process started a day ago, and nothing else. */
export function seedEmrState(seeds: readonly ClusterSeed[], nowMs: number): EmrState {
  return {
    clusters: seeds.map((seed) => ({
      id: seed.id,
      name: seed.name,
      region: seed.region ?? 'ap-guangzhou',
      projectId: seed.projectId ?? 0,
      status: seed.status ?? 2,
      createdAt: nowMs - 90 * 24 * HOUR_MS,
      processes: Object.entries(seed.services).flatMap(([service, components]) =>
        processesOf(service, components, nowMs - 24 * HOUR_MS),
      ),
    })),
    works: [],
    requests: [],
    counts: {},
  }
}

function processesOf(service: string, components: ClusterSeed['services'][string], lastRestartAt: number) {
  return Object.entries(components).flatMap(([component, ips]) =>
    ips.map((ip): EmrProcess => ({ service, component, ip, started: true, inMaintenance: false, lastRestartAt })),
  )
}
