import type { LifecycleOperation } from '../../lib/services/lifecycle.ts'

const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const SERVICES = [{ name: 'HDFS' }]
const STRATEGY = { rolling: true, batchSize: 1, waitSeconds: 5, onFailure: 'block' }
const PROCESSES = { name: 'HDFS', components: [{ name: 'DataNode', nodes: [{ ip: '10.0.0.1' }] }] }

interface Sample {
  target: Record<string, unknown>
  params: Record<string, unknown>
  baseline: unknown
}

/** Service -> an order that each of its operations takes. A new service adds a row. */
const SAMPLES: Readonly<Record<string, (name: string) => Sample>> = {
  dcs: (name) => ({
    target: { instanceId: INSTANCE, ...(name === 'dcs.shard.failover' ? { groupId: 'a-b', nodeId: 'c_d' } : {}) },
    params: {},
    baseline: undefined,
  }),
  emr: () => ({
    target: { clusterId: 'emr-4zvc5mul', services: SERVICES },
    params: { strategy: STRATEGY },
    baseline: { services: [PROCESSES] },
  }),
}

/** An order that an operation of the catalogue takes, for tests that walk all of them. */
export function sampleOf({ name, service }: Pick<LifecycleOperation, 'name' | 'service'>): Sample {
  const sample = SAMPLES[service.name]?.(name)
  if (!sample) throw new Error(`test/services/samples.ts has no sample of ${service.name}`)
  return sample
}

/** Each would mean something else in a path or a host. */
export const TRICKS = [
  '../x',
  '{project_id}',
  'x.evil.example/',
  '%2f',
  '..%2f',
  '\n',
  '?x',
  '#x',
  '@evil.example',
  '\\x',
]
