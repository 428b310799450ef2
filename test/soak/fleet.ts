import { type InstanceSeed, seedInstance } from '../../lib/simulators/dcs/seeds.ts'
import type { ClusterSeed } from '../../lib/simulators/emr/seeds.ts'
import type { Wish } from './wishes.ts'

/** What a wish needs to be there. */
export type Wanted = Pick<Wish, 'cloud' | 'resource' | 'begins'>

/** The instances and clusters that the wishes are for, each in the state in which its operation is possible. */
export interface Fleet {
  instances: InstanceSeed[]
  clusters: ClusterSeed[]
}

export function fleetFor(wishes: readonly Wanted[]): Fleet {
  const first = new Map(wishes.map((wish) => [wish.resource, wish]))
  const of = (cloud: Wish['cloud']): Wanted[] => [...first.values()].filter((wish) => wish.cloud === cloud)
  return { instances: of('dcs').map(instanceFor), clusters: of('emr').map(clusterFor) }
}

function instanceFor({ resource, begins = {} }: Wanted): InstanceSeed {
  const { nodeStatus = 'Active', ...changes } = begins
  const seed = seedInstance({ id: resource, name: `cache-${resource.slice(-4)}`, mode: 'ha', backupAgesHours: [1] })
  return { ...seed, ...changes, nodes: seed.nodes.map((node) => ({ ...node, status: nodeStatus })) }
}

function clusterFor({ resource }: Wanted): ClusterSeed {
  const [master = '', ...cores] = ['10.0.0.1', '10.0.0.11', '10.0.0.12']
  const services = { HDFS: { NameNode: [master], DataNode: cores }, YARN: { ResourceManager: [master] } }
  return { id: resource, name: resource, services }
}
