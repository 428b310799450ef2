/** The traits that all processes of a component share. */
export interface Component {
  /** The kind of node it runs on: `NodeFlagFilter`, and the filter `NodeTypeName`. */
  node: NodeKind
  /** Documented are those of Hive (30, 31, 32); the others are invented. */
  nodeType: number
  port: string
  /** The first process is active, the others are standby. */
  isHa?: true
  /** Command-line programs only: no process runs. */
  isClient?: true
  /** It has no maintenance mode: `IsSupportRoleMonitor` is false. */
  isNotMonitored?: true
}

export type NodeKind = 'master' | 'core' | 'task' | 'common' | 'router'

/** `Flag` of a node. A router's is not documented. */
export const NODE_FLAGS: Record<NodeKind, number> = { common: 0, master: 1, core: 2, task: 3, router: 4 }

/** The components that can be seeded. Names: API sample and console documents, as in the map of alarm dimensions. */
const COMPONENTS = {
  NameNode: { node: 'master', nodeType: 1, port: '4007,4008', isHa: true },
  ZKFailoverController: { node: 'master', nodeType: 2, port: '4009', isHa: true },
  HdfsClient: { node: 'core', nodeType: 5, port: '', isClient: true, isNotMonitored: true },
  JournalNode: { node: 'common', nodeType: 3, port: '4005' },
  DataNode: { node: 'core', nodeType: 4, port: '4001' },
  ResourceManager: { node: 'master', nodeType: 10, port: '5004', isHa: true },
  NodeManager: { node: 'core', nodeType: 11, port: '5008' },
  JobHistoryServer: { node: 'master', nodeType: 12, port: '5024' },
  QuorumPeerMain: { node: 'common', nodeType: 20, port: '2181' },
  HiveMetaStore: { node: 'master', nodeType: 30, port: '7004' },
  HiveServer2: { node: 'master', nodeType: 31, port: '7001' },
  HiveWebHcat: { node: 'master', nodeType: 32, port: '7002', isNotMonitored: true },
  HMaster: { node: 'master', nodeType: 40, port: '6000', isHa: true },
  HRegionServer: { node: 'core', nodeType: 41, port: '6002' },
  SparkJobHistoryServer: { node: 'master', nodeType: 50, port: '10000' },
} satisfies Record<string, Component>

export type ComponentName = keyof typeof COMPONENTS

/** The traits of a component. An unknown one can only come from a state file of another version. */
export function componentOf(name: string): Component {
  const known: Partial<Record<string, Component>> = COMPONENTS
  return known[name] ?? { node: 'master', nodeType: 0, port: '' }
}
