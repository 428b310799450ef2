import { beforeEach, describe, expect, test } from 'vitest'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import { readClusterStatus } from '../../../lib/services/emr/clusters.ts'
import { GOALS } from '../../../lib/services/emr/goals.ts'
import { clusterIdle, processesAre } from '../../../lib/services/emr/probes.ts'
import { listProcesses } from '../../../lib/services/emr/reads.ts'
import { EMR } from '../../../lib/services/emr/service.ts'
import { tableOfClusterStates } from '../../../lib/services/emr/states.ts'
import type { ClusterTarget } from '../../../lib/services/emr/target.ts'
import type { Observation } from '../../../lib/services/tracking.ts'
import { CLUSTER, createFakeEmr, type FakeEmr, type FakeProcess, process } from '../../world/fake-emr.ts'

const named = (name: string) => {
  const operation = CATALOGUE.get(name)
  if (!operation) throw new Error(`no operation ${name}`)
  return operation
}

let emr: FakeEmr

beforeEach(() => {
  emr = createFakeEmr(() => 0)
})

const MASTERS = ['10.0.0.1', '10.0.0.2']
const HDFS = [
  ...MASTERS.map((ip) => process('HDFS', 'NameNode', ip)),
  ...['10.0.0.11', '10.0.0.12', '10.0.0.13'].map((ip) => process('HDFS', 'DataNode', ip)),
]
const HIVE = [
  process('HIVE', 'HiveServer2', '10.0.0.1'),
  process('HIVE', 'HiveWebHcat', '10.0.0.1', { monitored: false }),
]
const copies = (...processes: FakeProcess[][]): FakeProcess[] => structuredClone(processes.flat())

const at = '2025-12-31 08:00:00'
const BASELINE = {
  services: [
    {
      name: 'HDFS',
      components: [
        { name: 'NameNode', nodes: MASTERS.map((ip) => ({ ip, restartedAt: at })) },
        { name: 'DataNode', nodes: [{ ip: '10.0.0.11', restartedAt: at }] },
      ],
    },
    { name: 'YARN', components: [{ name: 'ResourceManager', nodes: [{ ip: '10.0.0.1' }] }] },
  ],
}
const TARGET = { region: 'ap-guangzhou', clusterId: CLUSTER, services: [{ name: 'HDFS' }, { name: 'YARN' }] }
const SCOPE = {
  ServiceInfoList: [
    {
      ServiceName: 'HDFS',
      ComponentInfoList: [
        { ComponentName: 'NameNode', IpList: MASTERS },
        { ComponentName: 'DataNode', IpList: ['10.0.0.11'] },
      ],
    },
    { ServiceName: 'YARN', ComponentInfoList: [{ ComponentName: 'ResourceManager', IpList: ['10.0.0.1'] }] },
  ],
}
const OP_TYPE = {
  'emr.service.start': 'StartService',
  'emr.service.stop': 'StopService',
  'emr.service.restart': 'RestartService',
  'emr.monitor.start': 'StartMonitor',
  'emr.monitor.stop': 'StopMonitor',
} as const
const OPERATIONS = Object.keys(OP_TYPE) as (keyof typeof OP_TYPE)[]

/** The request as the call library builds it: from the checked order. */
const requestOf = (name: string, params: unknown, baseline: unknown = BASELINE): unknown => {
  const operation = named(name)
  return operation.request(
    operation.input.parse({ target: TARGET, params: operation.params.parse(params), baseline }) as Parameters<
      typeof operation.request
    >[0],
  )
}

describe('the request', () => {
  const ROLLING = { RollingRestartSwitch: 1, BatchSize: 1, TimeWait: 5, DealOnFail: 0 }
  test.for([
    ['emr.service.start', {}, {}],
    ['emr.service.start', { strategy: { rolling: true } }, { StrategyConfig: ROLLING }],
    ['emr.service.stop', {}, {}],
    ['emr.service.stop', { stop: { policy: 'safe' } }, { StopParams: { StopPolicy: 'safe' } }],
    [
      'emr.service.stop',
      { stop: { policy: 'default', threads: 12, graceSeconds: 80 }, strategy: { rolling: false } },
      {
        StopParams: { StopPolicy: 'default', ThreadCount: 12, GraceDownTime: 80 },
        StrategyConfig: { ...ROLLING, RollingRestartSwitch: 0 },
      },
    ],
    ['emr.service.restart', { strategy: { rolling: true } }, { StrategyConfig: ROLLING }],
    [
      'emr.service.restart',
      {
        strategy: {
          rolling: true,
          batchSize: 99_999,
          waitSeconds: 300,
          onFailure: 'skip',
          args: [
            { key: 'Threads', values: ['0', '1'] },
            { key: 'Quiet', values: [] },
          ],
        },
      },
      {
        StrategyConfig: {
          RollingRestartSwitch: 1,
          BatchSize: 99_999,
          TimeWait: 300,
          DealOnFail: 1,
          Args: [
            { Key: 'Threads', Values: ['0', '1'] },
            { Key: 'Quiet', Values: [] },
          ],
        },
      },
    ],
    [
      'emr.service.restart',
      { strategy: { rolling: false, batchSize: 3, waitSeconds: 0, onFailure: 'block', args: [] } },
      { StrategyConfig: { RollingRestartSwitch: 0, BatchSize: 3, TimeWait: 0, DealOnFail: 0, Args: [] } },
    ],
    ['emr.monitor.start', {}, {}],
    ['emr.monitor.start', { strategy: { rolling: true } }, { StrategyConfig: ROLLING }],
    ['emr.monitor.stop', {}, {}],
    ['emr.monitor.stop', { keepMonitor: true }, { KeepMonitorButNotRecoverProcess: true }],
    ['emr.monitor.stop', { keepMonitor: false }, { KeepMonitorButNotRecoverProcess: false }],
  ] as const)('of %s with %j has the resolved scope and %j', ([name, params, more]) => {
    expect(requestOf(name, params)).toEqual({
      method: 'POST',
      path: '/',
      body: { InstanceId: CLUSTER, OpType: OP_TYPE[name], OpScope: SCOPE, ...more },
    })
  })

  test.for([
    undefined,
    {},
    { services: [] },
    { services: [{ name: 'HDFS', components: [] }] },
    { services: [{ name: 'HDFS', components: [{ name: 'DataNode', nodes: [] }] }] },
  ])('is not built from the baseline %j: an empty scope may mean everything', (baseline) => {
    const order = { target: TARGET, params: {}, baseline }
    expect(named('emr.service.stop').input.safeParse(order).success).toBe(false)
  })

  test('is one API, sent once, and answered with a request id alone', () => {
    for (const name of OPERATIONS) {
      expect(named(name)).toMatchObject({
        service: EMR,
        api: 'StartStopServiceOrMonitor',
        effect: 'once',
        destroysData: false,
      })
      const { accepted, output } = named(name)
      expect(accepted(output.parse({ RequestId: 'r' }), TARGET)).toEqual({ requestId: 'r' })
      expect(output.safeParse({}).success).toBe(false)
    }
  })
})

describe('params that are refused', () => {
  const strategy = (more: object): object => ({ strategy: { rolling: true, ...more } })
  test.for<[string, unknown, string]>([
    ['emr.service.restart', {}, 'strategy'],
    ['emr.service.restart', { strategy: {} }, 'strategy.rolling'],
    ['emr.service.restart', { strategy: { rolling: 1 } }, 'strategy.rolling'],
    ['emr.service.restart', strategy({ batchSize: 0 }), 'strategy.batchSize'],
    ['emr.service.restart', strategy({ batchSize: 100_000 }), 'strategy.batchSize'],
    ['emr.service.restart', strategy({ batchSize: 1.5 }), 'strategy.batchSize'],
    ['emr.service.restart', strategy({ batchSize: '2' }), 'strategy.batchSize'],
    ['emr.service.restart', strategy({ waitSeconds: -1 }), 'strategy.waitSeconds'],
    ['emr.service.restart', strategy({ waitSeconds: 301 }), 'strategy.waitSeconds'],
    ['emr.service.restart', strategy({ onFailure: 'stop' }), 'strategy.onFailure'],
    ['emr.service.restart', strategy({ args: [{ key: '', values: [] }] }), 'strategy.args.0.key'],
    ['emr.service.restart', strategy({ args: [{ key: 'k' }] }), 'strategy.args.0.values'],
    ['emr.service.restart', strategy({ args: [{ key: 'k', values: [1] }] }), 'strategy.args.0.values.0'],
    ['emr.service.restart', strategy({ args: [{ key: 'k', values: [], more: 1 }] }), 'strategy.args.0'],
    ['emr.service.restart', strategy({ BatchSize: 2 }), 'strategy'],
    ['emr.service.restart', { ...strategy({}), stop: { policy: 'safe' } }, ''],
    ['emr.service.restart', { ...strategy({}), keepMonitor: true }, ''],
    ['emr.service.start', { stop: { policy: 'safe' } }, ''],
    ['emr.service.start', { keepMonitor: true }, ''],
    ['emr.service.stop', { keepMonitor: true }, ''],
    ['emr.service.stop', { stop: {} }, 'stop.policy'],
    ['emr.service.stop', { stop: { policy: 'quick' } }, 'stop.policy'],
    ['emr.service.stop', { stop: { policy: 'safe', threads: 0 } }, 'stop.threads'],
    ['emr.service.stop', { stop: { policy: 'safe', graceSeconds: 0 } }, 'stop.graceSeconds'],
    ['emr.service.stop', { stop: { policy: 'safe', ThreadCount: 1 } }, 'stop'],
    ['emr.monitor.start', { keepMonitor: true }, ''],
    ['emr.monitor.start', { stop: { policy: 'safe' } }, ''],
    ['emr.monitor.stop', { stop: { policy: 'safe' } }, ''],
    ['emr.monitor.stop', { keepMonitor: 'yes' }, 'keepMonitor'],
    ['emr.monitor.stop', { ensureBackup: true }, ''],
  ])('of %s: %j, at %j', ([name, params, field]) => {
    const { error } = named(name).params.safeParse(params)
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field])
  })
})

describe('the target', () => {
  const hdfs = (more: object): object => ({ clusterId: CLUSTER, services: [{ name: 'HDFS', ...more }] })
  const onNodes = (...ips: unknown[]): object => hdfs({ components: [{ name: 'DataNode', ips }] })
  test.for<[unknown, string]>([
    [{ services: [{ name: 'HDFS' }] }, 'clusterId'],
    [{ clusterId: 'cluster-1', services: [{ name: 'HDFS' }] }, 'clusterId'],
    [{ clusterId: `${CLUSTER}/..`, services: [{ name: 'HDFS' }] }, 'clusterId'],
    [{ clusterId: 'emr-', services: [{ name: 'HDFS' }] }, 'clusterId'],
    [{ clusterId: CLUSTER }, 'services'],
    [{ clusterId: CLUSTER, services: [] }, 'services'],
    [{ clusterId: CLUSTER, services: ['HDFS'] }, 'services.0'],
    [{ clusterId: CLUSTER, services: [{ name: 'HDFS' }, { name: 'hdfs' }] }, 'services'],
    [{ clusterId: CLUSTER, services: [{ name: '' }] }, 'services.0.name'],
    [{ clusterId: CLUSTER, services: [{ name: 'H DFS' }] }, 'services.0.name'],
    [{ clusterId: CLUSTER, services: Array.from({ length: 21 }, (_, i) => ({ name: `S${i}` })) }, 'services'],
    [hdfs({ components: [] }), 'services.0.components'],
    [hdfs({ components: [{ name: 'DataNode' }, { name: 'DataNode' }] }), 'services.0.components'],
    [hdfs({ components: [{ name: 'Data Node' }] }), 'services.0.components.0.name'],
    [hdfs({ components: [{ name: 'DataNode', IpList: [] }] }), 'services.0.components.0'],
    [hdfs({ components: Array.from({ length: 51 }, (_, i) => ({ name: `C${i}` })) }), 'services.0.components'],
    [onNodes(), 'services.0.components.0.ips'],
    [onNodes('10.0.0.1', '10.0.0.1'), 'services.0.components.0.ips'],
    [onNodes('10.0.0.256'), 'services.0.components.0.ips.0'],
    [onNodes('10.0.0.1/24'), 'services.0.components.0.ips.0'],
    [onNodes('localhost'), 'services.0.components.0.ips.0'],
    [onNodes(167_772_161), 'services.0.components.0.ips.0'],
    [hdfs({ ips: ['10.0.0.1'] }), 'services.0'],
    [{ ...hdfs({}), instanceId: CLUSTER }, ''],
    [{ ...hdfs({}), region: 'ap_guangzhou' }, 'region'],
    [{ ...hdfs({}), account: 'A B' }, 'account'],
  ])('%j is refused at %j', ([target, field]) => {
    for (const name of OPERATIONS) {
      const { error } = named(name).target.safeParse(target)
      expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field])
    }
  })

  test.for([
    [1_000, true],
    [1_001, false],
  ] as const)('may name %d IPs of a component: %s', ([count, good]) => {
    const ips = Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
    expect(named('emr.service.stop').target.safeParse(onNodes(...ips)).success).toBe(good)
  })

  test('is written as the cloud writes it', () => {
    const target = {
      clusterId: 'EMR-4ZVC5MUL',
      services: [{ name: 'hdfs', components: [{ name: 'DataNode', ips: ['10.0.0.1', 'fd00::1'] }] }],
    }
    expect(named('emr.service.stop').target.parse(target)).toEqual({
      clusterId: CLUSTER,
      services: [{ name: 'HDFS', components: [{ name: 'DataNode', ips: ['10.0.0.1', 'fd00::1'] }] }],
    })
  })

  test('is held by cluster: another service of it is not free', () => {
    const resources = ['HDFS', 'YARN'].map((name) =>
      named('emr.service.stop').resource({ clusterId: CLUSTER, services: [{ name }] }),
    )
    expect(resources).toEqual([`tencent/emr/${CLUSTER}`, `tencent/emr/${CLUSTER}`])
  })
})

/** The baseline of an operation. */
const baselineOf = (name: string, services: unknown): Promise<unknown> => {
  const operation = named(name)
  return operation.tracking.baseline(emr.read, operation.target.parse({ clusterId: CLUSTER, services }))
}
/** The resolved set in short: `HDFS/NameNode@10.0.0.1`. */
const resolved = async (name: string, services: unknown): Promise<string[]> => {
  const baseline = (await baselineOf(name, services)) as typeof BASELINE
  return baseline.services.flatMap(({ name: service, components }) =>
    components.flatMap((one) => one.nodes.map(({ ip }) => `${service}/${one.name}@${ip}`)),
  )
}

describe('roles of clients, which have no process', () => {
  const CLIENT = { name: 'HDFS', components: [{ name: 'HdfsClient' }] }
  beforeEach(() => {
    emr.processes = [...copies(HDFS), process('HDFS', 'HdfsClient', '10.0.0.1', { isClient: true, monitored: false })]
  })

  test.for(['emr.service.start', 'emr.service.stop', 'emr.service.restart'])('are left out by %s', async (name) => {
    expect(await resolved(name, [{ name: 'HDFS' }])).toHaveLength(HDFS.length)
  })

  test.for(OPERATIONS)('are refused by %s where they are named', async (name) => {
    const what = /^HdfsClient of HDFS has no (process|monitoring) that could be started or stopped$/
    await expect(resolved(name, [CLIENT])).rejects.toMatchObject({
      facts: { kind: 'unsupported', what: expect.stringMatching(what) },
    })
  })
})

describe('the set that an operation acts on', () => {
  beforeEach(() => {
    emr.processes = copies(HDFS, HIVE)
  })
  const NAME_NODES = MASTERS.map((ip) => `HDFS/NameNode@${ip}`)
  const DATA_NODES = ['10.0.0.11', '10.0.0.12', '10.0.0.13'].map((ip) => `HDFS/DataNode@${ip}`)

  test.for<[string, unknown, string[]]>([
    ['emr.service.stop', [{ name: 'HDFS' }], [...NAME_NODES, ...DATA_NODES]],
    ['emr.service.stop', [{ name: 'HDFS', components: [{ name: 'NameNode' }] }], NAME_NODES],
    [
      'emr.service.stop',
      [{ name: 'HDFS', components: [{ name: 'DataNode', ips: ['10.0.0.13', '10.0.0.11'] }, { name: 'NameNode' }] }],
      [DATA_NODES[0] ?? '', DATA_NODES[2] ?? '', ...NAME_NODES],
    ],
    [
      'emr.service.stop',
      [{ name: 'HIVE' }, { name: 'HDFS', components: [{ name: 'NameNode', ips: ['10.0.0.2'] }] }],
      ['HIVE/HiveServer2@10.0.0.1', 'HIVE/HiveWebHcat@10.0.0.1', 'HDFS/NameNode@10.0.0.2'],
    ],
    ['emr.service.restart', [{ name: 'HIVE', components: [{ name: 'HiveWebHcat' }] }], ['HIVE/HiveWebHcat@10.0.0.1']],
    // A target without names does not include processes without monitoring.
    ['emr.monitor.stop', [{ name: 'HIVE' }], ['HIVE/HiveServer2@10.0.0.1']],
    ['emr.monitor.start', [{ name: 'HIVE' }], ['HIVE/HiveServer2@10.0.0.1']],
  ])('of %s on %j is %j', async ([name, services, set]) => {
    expect(await resolved(name, services)).toEqual(set)
  })

  test.for<[string, string, unknown, object]>([
    [
      'a service without processes',
      'emr.service.stop',
      [{ name: 'FLINK' }],
      { kind: 'not-found', what: 'FLINK has no process to act on' },
    ],
    [
      'a service without processes beside one that has some',
      'emr.service.stop',
      [{ name: 'HDFS' }, { name: 'FLINK' }],
      { kind: 'not-found', what: 'FLINK has no process to act on' },
    ],
    [
      'a component that is not there',
      'emr.service.stop',
      [{ name: 'HDFS', components: [{ name: 'NameNode' }, { name: 'JournalNode' }] }],
      { kind: 'not-found', what: 'HDFS has no JournalNode' },
    ],
    [
      'an IP that the component is not on',
      'emr.service.stop',
      [{ name: 'HDFS', components: [{ name: 'DataNode', ips: ['10.0.0.11', '10.0.0.1'] }] }],
      { kind: 'not-found', what: 'HDFS has no DataNode on 10.0.0.1' },
    ],
    [
      'a component without monitoring, named',
      'emr.monitor.stop',
      [{ name: 'HIVE', components: [{ name: 'HiveServer2' }, { name: 'HiveWebHcat' }] }],
      { kind: 'unsupported', what: 'HiveWebHcat of HIVE has no monitoring that could be started or stopped' },
    ],
  ])('is refused for %s', async ([, name, services, facts]) => {
    await expect(baselineOf(name, services)).rejects.toMatchObject({ facts: { ...facts, change: 'none' } })
  })

  test('is refused where nothing of the service can be put into maintenance', async () => {
    emr.processes = copies(HIVE.slice(1))
    await expect(baselineOf('emr.monitor.stop', [{ name: 'HIVE' }])).rejects.toMatchObject({
      facts: { kind: 'not-found', change: 'none', what: 'HIVE has no process to act on' },
    })
  })

  test('takes a process that does not say whether it is monitored', async () => {
    emr.processes = [process('HDFS', 'NameNode', '10.0.0.1', { monitored: null })]
    expect(await resolved('emr.monitor.stop', [{ name: 'HDFS' }])).toEqual(['HDFS/NameNode@10.0.0.1'])
  })

  test('keeps the restart time of each, where it has one', async () => {
    emr.processes = [
      process('HDFS', 'NameNode', '10.0.0.1'),
      process('HDFS', 'NameNode', '10.0.0.2', { restarted: null }),
      process('HDFS', 'NameNode', '10.0.0.3', { restarted: '' }),
    ]
    expect(await baselineOf('emr.service.restart', [{ name: 'HDFS' }])).toEqual({
      services: [
        {
          name: 'HDFS',
          components: [
            { name: 'NameNode', nodes: [{ ip: '10.0.0.1', restartedAt: at }, { ip: '10.0.0.2' }, { ip: '10.0.0.3' }] },
          ],
        },
      ],
    })
  })

  const many = (service: string, count: number): FakeProcess[] =>
    Array.from({ length: count }, (_, i) =>
      process(service, 'NodeManager', `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`),
    )

  test('is at most 2,000 processes of all services', async () => {
    emr.processes = [...many('YARN', 1_500), ...many('SPARK', 500)]
    expect(await resolved('emr.service.stop', [{ name: 'YARN' }, { name: 'SPARK' }])).toHaveLength(2_000)
    emr.processes.push(...many('SPARK', 501).slice(500))
    await expect(baselineOf('emr.service.stop', [{ name: 'YARN' }, { name: 'SPARK' }])).rejects.toMatchObject({
      facts: {
        kind: 'invalid',
        change: 'none',
        what: expect.stringMatching(/^2001 processes exceed the maximum of 2000 /),
      },
    })
    expect(await resolved('emr.service.stop', [{ name: 'YARN' }])).toHaveLength(1_500)
  })
})

/** All documented codes except those of an idle cluster, and two undocumented ones. */
const NOT_IDLE: [code: number, kind: 'busy' | 'unsupported', name: string][] = [
  [3, 'busy', 'CREATING'],
  [4, 'busy', 'SCALING OUT'],
  [5, 'busy', 'ADDING ROUTER'],
  [6, 'busy', 'INSTALLING COMPONENT'],
  [7, 'busy', 'EXECUTING COMMAND'],
  [8, 'busy', 'RESTARTING SERVICE'],
  [9, 'busy', 'ENTERING MAINTENANCE'],
  [10, 'busy', 'PAUSING SERVICE'],
  [11, 'busy', 'LEAVING MAINTENANCE'],
  [12, 'busy', 'LEAVING PAUSE'],
  [13, 'busy', 'PUSHING CONFIGURATION'],
  [14, 'unsupported', 'DESTROYING CLUSTER'],
  [15, 'busy', 'DESTROYING CORE NODE'],
  [16, 'busy', 'DESTROYING TASK NODE'],
  [17, 'busy', 'DESTROYING ROUTER'],
  [18, 'busy', 'CHANGING PROXY PASSWORD'],
  [19, 'unsupported', 'ISOLATING'],
  [20, 'busy', 'REVERSING'],
  [21, 'unsupported', 'RECYCLING'],
  [22, 'busy', 'WAITING FOR SPECIFICATION'],
  [23, 'unsupported', 'ISOLATED'],
  [24, 'busy', 'SCALING IN'],
  [33, 'unsupported', 'WAITING FOR REFUND'],
  [34, 'unsupported', 'REFUNDED'],
  [201, 'unsupported', 'DESTROYED'],
  [301, 'unsupported', 'CREATION FAILED'],
  [99, 'busy', 'STATUS 99'],
  [-1, 'busy', 'STATUS -1'],
]

test('the table for people has every code', () => {
  const codes = [...NOT_IDLE.slice(0, -2).map(([code]) => code), 2, 302].sort((a, b) => a - b)
  const rows = tableOfClusterStates().split('\n').slice(2)
  expect(rows.map((row) => Number(row.split('|')[1]))).toEqual(codes)
  expect(rows[0]).toBe('| 2 | running | sent | done | DescribeInstances |')
})

describe('the cluster before', () => {
  beforeEach(() => {
    emr.processes = copies(HDFS)
  })

  test('is searched in all projects', async () => {
    await readClusterStatus(emr.read, CLUSTER)
    expect(emr.asked).toEqual([
      {
        api: 'DescribeInstances',
        body: { DisplayStrategy: 'clusterList', InstanceIds: [CLUSTER], Offset: 0, Limit: 10, ProjectId: -1 },
      },
    ])
  })

  test.for([2, 302])('may be worked on at status %d', async (status) => {
    emr.status = status
    expect(await resolved('emr.service.stop', [{ name: 'HDFS' }])).toHaveLength(5)
  })

  test.for(NOT_IDLE)(
    'at status %d is %s: %s, and its processes are not asked for',
    async ([status, kind, observed]) => {
      emr.status = status
      await expect(baselineOf('emr.service.stop', [{ name: 'HDFS' }])).rejects.toMatchObject({
        facts: { kind, change: 'none', what: `the cluster is ${observed}` },
      })
      expect(emr.asked.map(({ api }) => api)).toEqual(['DescribeInstances'])
    },
  )

  test.for<[string, unknown]>([
    ['no list', {}],
    ['a list that is null', { ClusterList: null }],
    ['an empty list', { ClusterList: [] }],
    ['another cluster', { ClusterList: [{ ClusterId: 'emr-00000000', Status: 2 }] }],
  ])('is not found in %s', async ([, answer]) => {
    emr.read = async (operation) => operation.output.parse(answer)
    await expect(baselineOf('emr.service.stop', [{ name: 'HDFS' }])).rejects.toMatchObject({
      facts: { kind: 'not-found', change: 'none', what: `there is no cluster ${CLUSTER} in this account and region` },
    })
  })
})

describe('the processes of a service', () => {
  const nodes = (count: number): FakeProcess[] =>
    Array.from({ length: count }, (_, i) => process('YARN', 'NodeManager', `10.0.${i >> 8}.${i & 255}`))
  const offsets = (): unknown[] => emr.asked.map(({ body }) => body.Offset)

  test('are asked for by service and filter', async () => {
    emr.processes = copies(HDFS)
    await listProcesses(emr.read, { clusterId: CLUSTER, service: 'HDFS' }, { OperatorStateId: 2, MaintainStateId: 1 })
    await listProcesses(emr.read, { clusterId: CLUSTER, service: 'HDFS' }, {})
    const body = { InstanceId: CLUSTER, ServiceName: 'HDFS', Offset: 0, Limit: 999 }
    expect(emr.asked).toEqual([
      { api: 'DescribeServiceNodeInfos', body: { ...body, OperatorStateId: 2, MaintainStateId: 1 } },
      { api: 'DescribeServiceNodeInfos', body },
    ])
  })

  test.for([
    ['page', 0, [0]],
    ['page', 999, [0]],
    ['page', 1_000, [0, 999, 1]],
    ['page', 1_998, [0, 999, 1]],
    ['page', 2_500, [0, 999, 1, 2]],
    ['row', 999, [0]],
    ['row', 1_000, [0, 999]],
    ['row', 1_998, [0, 999]],
    ['row', 2_500, [0, 999, 1_998]],
  ] as const)('are all found where Offset is a %s and there are %d, by %j', async ([meaning, count, asked]) => {
    emr.offset = meaning
    emr.processes = nodes(count)
    const found = await listProcesses(emr.read, { clusterId: CLUSTER, service: 'YARN' }, {})
    expect([new Set(found.map(({ ip }) => ip)).size, offsets()]).toEqual([count, asked])
  })

  test('are all found where a page holds fewer than were asked for', async () => {
    const all = nodes(150).map(({ component, ip }) => ({ NodeName: component, Ip: ip }))
    emr.read = async (operation, input) => {
      const { offset } = input as { offset: number }
      return operation.output.parse({ TotalCnt: 150, ServiceNodeList: all.slice(offset * 100, offset * 100 + 100) })
    }
    expect(await listProcesses(emr.read, { clusterId: CLUSTER, service: 'YARN' }, {})).toHaveLength(150)
  })

  test.for(['page', 'row'] as const)('are all found where two are alike, over pages of %s', async (offset) => {
    emr.offset = offset
    const twins = [process('YARN', 'NodeManager', '10.1.0.0'), process('YARN', 'NodeManager', '10.1.0.0')]
    emr.processes = [...nodes(998), ...twins, ...nodes(500)]
    expect(await listProcesses(emr.read, { clusterId: CLUSTER, service: 'YARN' }, {})).toHaveLength(1_500)
  })

  test('are no more for a cloud that answers any offset with its last page', async () => {
    const all = nodes(250).map(({ component, ip }) => ({ NodeName: component, Ip: ip }))
    emr.read = async (operation, input) => {
      const from = Math.min(Number((input as { offset: number }).offset), 2) * 100
      return operation.output.parse({ TotalCnt: 250, ServiceNodeList: all.slice(from, from + 100) })
    }
    const found = await listProcesses(emr.read, { clusterId: CLUSTER, service: 'YARN' }, {})
    expect(new Set(found.map(({ ip }) => ip)).size).toBe(250)
  })

  test('are not asked for without end', async () => {
    let asked = 0
    emr.read = async (operation) => {
      asked++
      return operation.output.parse({ TotalCnt: 1e6, ServiceNodeList: [{ NodeName: 'X', Ip: `10.0.0.${asked}` }] })
    }
    await expect(listProcesses(emr.read, { clusterId: CLUSTER, service: 'YARN' }, {})).rejects.toMatchObject({
      facts: { otherShape: true },
    })
    expect(asked).toBe(1 + 2 * 49)
  })

  test.for([
    [1_000, 999],
    [5, 4],
    [1, 0],
  ] as const)('that the cloud counts as %d and lists %d of are unreadable', async ([counted, listed]) => {
    const list = nodes(listed).map(({ component, ip }) => ({ NodeName: component, Ip: ip }))
    emr.read = async (operation) => operation.output.parse({ TotalCnt: counted, ServiceNodeList: list })
    await expect(listProcesses(emr.read, { clusterId: CLUSTER, service: 'YARN' }, {})).rejects.toMatchObject({
      facts: { kind: 'unreadable', what: `YARN has ${counted} processes, but only ${listed} were listed` },
    })
  })

  test.for<[unknown, number]>([
    [{ TotalCnt: 0, ServiceNodeList: null }, 0],
    [{ TotalCnt: null, ServiceNodeList: null }, 0],
    [{ ServiceNodeList: [{ NodeName: 'NodeManager', Ip: '10.0.0.1' }] }, 1],
  ])('in %j are %d', async ([answer, count]) => {
    emr.read = async (operation) => operation.output.parse(answer)
    expect(await listProcesses(emr.read, { clusterId: CLUSTER, service: 'YARN' }, {})).toHaveLength(count)
  })
})

const target: ClusterTarget = { ...TARGET, services: [{ name: 'HDFS' }] }
const looks = (wanted: keyof typeof GOALS, baseline: unknown): Promise<Observation> =>
  processesAre(GOALS[wanted]).observe(emr.read, { target, params: {}, baseline, sentAtMs: 0 })

test.for([
  [{}, 120],
  [{ strategy: { rolling: false, batchSize: 1, waitSeconds: 300, onFailure: 'block' } }, 120],
  [{ strategy: { rolling: true, batchSize: 1, waitSeconds: 300, onFailure: 'block' } }, 900],
] as const)('with %j nothing may change for %d s', ([params, seconds]) => {
  expect(processesAre(GOALS.restarted).stallSeconds?.(params)).toBe(seconds)
})

test("the processes in a run's record are bounded", () => {
  const { target, params } = named('emr.service.restart')
  const ips = (count: number, second: number) =>
    Array.from({ length: count }, (_, i) => `10.${second}.${i >> 8}.${i & 255}`)
  const services = (count: number) =>
    ['HDFS', 'YARN', 'HIVE'].map((name, index) => ({ name, components: [{ name: 'X', ips: ips(count, index) }] }))
  expect(target.safeParse({ clusterId: CLUSTER, services: services(666) }).success).toBe(true)
  expect(target.safeParse({ clusterId: CLUSTER, services: services(667) }).error?.issues[0]?.message).toBe(
    'names more than 2000 IPs',
  )
  const args = (count: number, values: number, length: number) =>
    params.safeParse({
      strategy: {
        rolling: true,
        args: Array.from({ length: count }, () => ({ key: 'k', values: Array(values).fill('x'.repeat(length)) })),
      },
    }).success
  expect([args(10, 10, 200), args(11, 1, 1), args(1, 11, 1), args(1, 1, 201)]).toEqual([true, false, false, false])
})

describe('the gate', () => {
  test.for([
    [2, { verdict: 'done', observed: 'RUNNING', listed: true, asBefore: true }],
    [10, { verdict: 'pending', observed: 'PAUSING SERVICE', listed: true, atWork: true }],
    [7, { verdict: 'pending', observed: 'EXECUTING COMMAND', listed: true, atWork: true }],
    // Other work than ours.
    [8, { verdict: 'pending', observed: 'RESTARTING SERVICE', listed: true, atWork: false }],
    [23, { verdict: 'failed', observed: 'ISOLATED', listed: true, atWork: false }],
    [302, { verdict: 'done', observed: 'SCALE-OUT FAILED', listed: true, asBefore: true }],
    [98, { verdict: 'pending', observed: 'STATUS 98', listed: false, atWork: false }],
  ] as const)('at status %d gives %j', async ([status, observation]) => {
    emr.status = status
    emr.processes = [process('HDFS', 'DataNode', '10.0.0.11')]
    const idle = observation.verdict === 'done' ? { proof: 'the cluster is idle' } : {}
    expect(await gate('stopped', { services: [HDFS] })).toEqual({ ...observation, ...idle })
  })

  test.for(NOT_IDLE)('at status %d, which is %s before, waits or fails: %s', async ([status, kind, observed]) => {
    emr.status = status
    emr.processes = [process('HDFS', 'DataNode', '10.0.0.11')]
    const verdict = kind === 'busy' ? 'pending' : 'failed'
    expect(await gate('stopped', { services: [HDFS] })).toMatchObject({ verdict, observed })
  })

  const HDFS = { name: 'HDFS', components: [{ name: 'DataNode', nodes: [{ ip: '10.0.0.11', restartedAt: at }] }] }
  const gate = (wanted: keyof typeof GOALS, baseline: unknown, more: object = {}): Promise<Observation> =>
    clusterIdle(GOALS[wanted]).observe(emr.read, { target, params: {}, baseline, sentAtMs: 0, ...more })

  test.for<[string, keyof typeof GOALS, object, Partial<FakeProcess>, boolean]>([
    ['shows none of the work', 'stopped', {}, {}, true],
    ['shows the work', 'stopped', { wereSo: 0 }, { started: false }, false],
    ['was so before', 'stopped', { wereSo: 1 }, { started: false }, true],
    ['may have been so before', 'stopped', {}, { started: false }, true],
    ['was restarted since', 'restarted', {}, { restarted: '2026-01-01 00:00:00' }, false],
    ['was not restarted since', 'restarted', {}, {}, true],
  ])('that is idle is as before where its process %s', async ([, wanted, more, now, asBefore]) => {
    emr.processes = [process('HDFS', 'DataNode', '10.0.0.11', now)]
    expect((await gate(wanted, { services: [HDFS], ...more })).asBefore).toBe(asBefore)
  })

  test('asks for no process once the cluster was seen at work', async () => {
    emr.processes = [process('HDFS', 'DataNode', '10.0.0.11')]
    await gate('stopped', { services: [HDFS] }, { sawWork: true })
    expect(emr.asked.map(({ api }) => api)).toEqual(['DescribeInstances'])
  })

  test('is never the whole proof: every operation observes its processes as well', () => {
    for (const name of OPERATIONS) {
      const { progress, verify } = named(name).tracking
      expect([progress.name, verify?.name]).toEqual(['cluster', 'processes'])
    }
  })
})

describe('the proof', () => {
  const only = (...processes: FakeProcess[]): unknown => {
    emr.processes = processes
    return {
      services: [
        {
          name: 'HDFS',
          components: [{ name: 'DataNode', nodes: processes.map(({ ip }) => ({ ip, restartedAt: at })) }],
        },
      ],
    }
  }
  const dataNode = (more: Partial<FakeProcess>, ip = '10.0.0.11'): FakeProcess => process('HDFS', 'DataNode', ip, more)
  const pending = (observed: string): Observation => ({
    verdict: 'pending',
    observed,
    listed: true,
    detail: 'not DataNode on 10.0.0.11',
    // Only a restart shows by itself that the work has begun.
    asBefore: observed.startsWith('0 OF') || !observed.endsWith('RESTARTED'),
  })
  const done = (observed: string): Observation => {
    const proof = `every targeted process (1) is ${observed.toLowerCase()}${observed === 'RESTARTED' ? ', later than before' : ''}`
    // An idle cluster may be the one from before the work, unless a process shows that it was restarted.
    return { verdict: 'done', observed, listed: true, proof, ...(observed === 'RESTARTED' ? {} : { asBefore: true }) }
  }

  const undecidable: Observation = {
    ...{ verdict: 'pending', observed: '0 OF 1 RESTARTED, THE REST UP', listed: true, undecidable: true },
    proof: 'every targeted process (1) is up',
    detail: 'the restart time cannot be read for DataNode on 10.0.0.11',
  }
  test.for<[keyof typeof GOALS, Partial<FakeProcess>, Observation]>([
    ['started', { started: true }, done('STARTED')],
    ['started', { started: false }, pending('0 OF 1 STARTED')],
    ['stopped', { started: false }, done('STOPPED')],
    ['stopped', { started: true }, pending('0 OF 1 STOPPED')],
    ['inMaintenance', { inMaintenance: true }, done('IN MAINTENANCE')],
    ['inMaintenance', { inMaintenance: false }, pending('0 OF 1 IN MAINTENANCE')],
    ['monitored', { inMaintenance: false }, done('MONITORED')],
    ['monitored', { inMaintenance: true }, pending('0 OF 1 MONITORED')],
    ['restarted', { restarted: '2025-12-31 08:00:01' }, done('RESTARTED')],
    ['restarted', { restarted: '2026-01-01 00:00:00' }, done('RESTARTED')],
    ['restarted', { restarted: at }, pending('0 OF 1 RESTARTED')],
    ['restarted', { restarted: '2025-12-31 07:59:59' }, pending('0 OF 1 RESTARTED')],
    ['restarted', { restarted: null }, undecidable],
    ['restarted', { restarted: '--' }, undecidable],
    ['restarted', { restarted: null, started: false }, pending('0 OF 1 RESTARTED')],
    ['restarted', { restarted: '2026-01-01 00:00:00', started: false }, pending('0 OF 1 RESTARTED')],
  ])('%s: %j is %j', async ([wanted, now, observation]) => {
    expect(await looks(wanted, only(dataNode(now)))).toEqual(observation)
  })

  test('of a restart accepts any time where there was none before', async () => {
    const baseline = { services: [{ name: 'HDFS', components: [{ name: 'DataNode', nodes: [{ ip: '10.0.0.11' }] }] }] }
    emr.processes = [dataNode({ restarted: '1999-01-01 00:00:00' })]
    expect(await looks('restarted', baseline)).toEqual(done('RESTARTED'))
    emr.processes = [dataNode({ restarted: null })]
    expect(await looks('restarted', baseline)).toEqual(undecidable)
  })

  test('asks for the filter of each operation', async () => {
    const baseline = only(dataNode({}))
    for (const wanted of Object.keys(GOALS) as (keyof typeof GOALS)[]) await looks(wanted, baseline)
    const filters = emr.asked
      .filter(({ api }) => api === 'DescribeServiceNodeInfos')
      .map(({ body: { OperatorStateId, MaintainStateId } }) => ({ OperatorStateId, MaintainStateId }))
    expect(filters).toEqual([
      { OperatorStateId: 1 },
      { OperatorStateId: 2 },
      { OperatorStateId: 1 },
      { MaintainStateId: 1 },
      { MaintainStateId: 2 },
    ])
  })

  test('is that of the operation', async () => {
    const before = only(dataNode({ restarted: at }))
    const facts = { target, params: {}, baseline: before, sentAtMs: 0 }
    const observed = async (): Promise<string[]> => {
      const seen = OPERATIONS.map((name) => named(name).tracking.verify?.observe(emr.read, facts))
      return (await Promise.all(seen)).map((one) => one?.observed ?? '')
    }
    expect(await observed()).toEqual([
      'STARTED',
      '0 OF 1 STOPPED',
      '0 OF 1 RESTARTED',
      'MONITORED',
      '0 OF 1 IN MAINTENANCE',
    ])
  })

  test.for([
    [2, 'not DataNode on 10.0.0.0, DataNode on 10.0.0.1'],
    [
      5,
      'not DataNode on 10.0.0.0, DataNode on 10.0.0.1, DataNode on 10.0.0.2, DataNode on 10.0.0.3, DataNode on 10.0.0.4',
    ],
    [
      7,
      'not DataNode on 10.0.0.0, DataNode on 10.0.0.1, DataNode on 10.0.0.2, DataNode on 10.0.0.3, DataNode on 10.0.0.4 and 2 more',
    ],
  ] as const)('names missing processes, five at most: %d of 9', async ([missing, detail]) => {
    const baseline = only(...Array.from({ length: 9 }, (_, i) => dataNode({ started: i >= missing }, `10.0.0.${i}`)))
    expect(await looks('started', baseline)).toEqual({
      verdict: 'pending',
      observed: `${9 - missing} OF 9 STARTED`,
      listed: true,
      detail,
      asBefore: true,
    })
  })

  test('misses a process that is gone, and does not mind one that came', async () => {
    const baseline = only(dataNode({}), dataNode({}, '10.0.0.12'))
    emr.processes = [dataNode({}, '10.0.0.12'), dataNode({ started: false }, '10.0.0.13')]
    expect(await looks('started', baseline)).toEqual(pending('1 OF 2 STARTED'))
  })

  describe('of two of a kind on one node', () => {
    const twins = (...more: Partial<FakeProcess>[]): FakeProcess[] => more.map((one) => dataNode(one))
    const [later, latest] = ['2026-01-01 00:00:00', '2026-01-01 00:00:09']
    test.for<[keyof typeof GOALS, Partial<FakeProcess>[], string, string]>([
      ['started', [{}, {}], 'done', 'STARTED'],
      ['started', [{ started: false }, {}], 'pending', '1 OF 2 STARTED'],
      ['started', [{}], 'pending', '1 OF 2 STARTED'],
      ['stopped', [{ started: false }, {}], 'pending', '1 OF 2 STOPPED'],
      ['restarted', [{ restarted: later }, { restarted: latest }], 'done', 'RESTARTED'],
      ['restarted', [{ restarted: later }, { restarted: at }], 'pending', '1 OF 2 RESTARTED'],
      ['restarted', [{ restarted: later }], 'pending', '1 OF 2 RESTARTED'],
      // It may be earlier work.
      ['restarted', [{ restarted: later }, { restarted: '2025-12-31 08:00:05' }], 'pending', '1 OF 2 RESTARTED'],
      ['restarted', [{ restarted: later }, { restarted: null }], 'pending', '1 OF 2 RESTARTED, THE REST UP'],
    ])('%s with %j: %s, %s', async ([wanted, now, verdict, observed]) => {
      const before = [
        { ip: '10.0.0.11', restartedAt: at },
        { ip: '10.0.0.11', restartedAt: '2025-12-31 08:00:05' },
      ]
      emr.processes = twins(...now)
      const baseline = { services: [{ name: 'HDFS', components: [{ name: 'DataNode', nodes: before }] }] }
      expect(await looks(wanted, baseline)).toMatchObject({ verdict, observed })
    })

    test('both are of the set, and the node is named once', async () => {
      emr.processes = twins({}, {})
      const baseline = await baselineOf('emr.service.stop', [{ name: 'HDFS' }])
      expect(baseline).toMatchObject({
        services: [{ components: [{ nodes: [{ ip: '10.0.0.11' }, { ip: '10.0.0.11' }] }] }],
      })
      expect(requestOf('emr.service.stop', {}, baseline)).toMatchObject({
        body: { OpScope: { ServiceInfoList: [{ ComponentInfoList: [{ IpList: ['10.0.0.11'] }] }] } },
      })
    })
  })

  test('with keepMonitor does not judge processes that the cloud may not list', async () => {
    const baseline = only(dataNode({}), dataNode({ inMaintenance: true }, '10.0.0.12'))
    const { verify } = named('emr.monitor.stop').tracking
    const seen = await verify?.observe(emr.read, { target, params: { keepMonitor: true }, baseline, sentAtMs: 0 })
    expect(seen).toEqual({
      ...{ verdict: 'pending', observed: '1 OF 2 IN MAINTENANCE', listed: true, undecidable: true },
      proof: 'the cluster stayed idle',
      detail: 'with keepMonitor the cloud may not list processes in maintenance: not seen for DataNode on 10.0.0.11',
    })
  })

  test('tells components on one node apart, and services of one component', async () => {
    emr.processes = [
      process('HDFS', 'NameNode', '10.0.0.1', { started: false }),
      process('HDFS', 'DataNode', '10.0.0.1'),
      process('YARN', 'NameNode', '10.0.0.1'),
    ]
    const nodes = [{ ip: '10.0.0.1' }]
    const components = [{ name: 'NameNode', nodes }]
    const baseline = { services: ['HDFS', 'YARN'].map((name) => ({ name, components })) }
    expect(await looks('started', baseline)).toMatchObject({
      observed: '1 OF 2 STARTED',
      detail: 'not NameNode on 10.0.0.1',
    })
  })

  test.for([
    [8, { verdict: 'pending', observed: 'CLUSTER RESTARTING SERVICE', listed: true, atWork: true }],
    [77, { verdict: 'pending', observed: 'CLUSTER STATUS 77', listed: false, atWork: true }],
    [23, { verdict: 'failed', observed: 'CLUSTER ISOLATED', listed: true }],
  ] as const)('waits for the cluster to be idle, though all processes are well: %d', async ([status, observation]) => {
    const baseline = only(dataNode({}))
    emr.status = status
    expect(await looks('started', baseline)).toEqual(observation)
    expect(emr.asked.map(({ api }) => api)).toEqual(['DescribeInstances'])
  })
})

const nodes = (count: number): { ip: string }[] => Array.from({ length: count }, (_, i) => ({ ip: `10.0.0.${i}` }))
/** The number of nodes of each component of each service. */
const sized = (counts: number[][]): object => ({
  services: counts.map((components, s) => ({
    name: `S${s}`,
    components: components.map((count, c) => ({ name: `C${c}`, nodes: nodes(count) })),
  })),
})
const rolling = (batchSize: number, waitSeconds: number): object => ({
  strategy: { rolling: true, batchSize, waitSeconds },
})

describe('the class by size', () => {
  const AT_ONCE = { strategy: { rolling: false, batchSize: 1 } }
  const classOf = (name: string, params: unknown, counts: number[][]): string | undefined => {
    const { tracking, params: schema } = named(name)
    return tracking.sizeClass?.({ target, params: schema.parse(params), baseline: sized(counts) })
  }

  test.for<[object, number[][], string]>([
    [AT_ONCE, [[1]], '1-processes'],
    [AT_ONCE, [[2]], '2-processes'],
    [AT_ONCE, [[3]], '4-processes'],
    [AT_ONCE, [[4]], '4-processes'],
    [AT_ONCE, [[2, 2], [1]], '8-processes'],
    [AT_ONCE, [[2_000]], '2048-processes'],
    [rolling(1, 0), [[1]], '1-batches'],
    [rolling(1, 0), [[5]], '8-batches'],
    [rolling(2, 0), [[5]], '4-batches'],
    [rolling(10, 0), [[5]], '1-batches'],
    // A batch has one component only: two of each but the last.
    [rolling(2, 0), [[3, 3], [1]], '8-batches'],
  ])('of a restart with %j of %j is %s', ([params, counts, name]) => {
    expect(classOf('emr.service.restart', params, counts)).toBe(name)
  })

  test.for(OPERATIONS)('of %s has processes or batches', (name) => {
    const [atOnce, batches] = [AT_ONCE, rolling(1, 0)].map((params) => classOf(name, params, [[3]]))
    expect([atOnce, batches]).toEqual(['4-processes', '4-batches'])
    if (name !== 'emr.service.restart') expect(classOf(name, {}, [[3]])).toBe('4-processes')
  })
})

describe('more minutes', () => {
  const more = (params: unknown, ...counts: number[][]): number | undefined => {
    const { tracking, params: schema } = named('emr.service.restart')
    return tracking.moreMinutes?.({ target, params: schema.parse(params), baseline: sized(counts) })
  }

  test.for<[object, number[][], number]>([
    [{ strategy: { rolling: false, batchSize: 1 } }, [[50]], 0],
    [rolling(1, 0), [[1]], 3],
    [rolling(1, 60), [[1]], 4],
    [rolling(1, 5), [[1]], 4],
    [rolling(2, 0), [[5]], 9],
    [rolling(10, 0), [[5]], 3],
    // A batch has one component only; its last may be small.
    [rolling(2, 0), [[3, 3], [1]], 15],
    [rolling(1, 300), [[40]], 320],
    [rolling(1, 300), [[2_000]], 1_440],
  ])('%j of %j are %d', ([params, counts, minutes]) => {
    expect(more(params, ...counts)).toBe(minutes)
  })

  test('are none without a strategy', () => {
    const baseline = { services: [{ name: 'HDFS', components: [{ name: 'DataNode', nodes: nodes(100) }] }] }
    for (const name of OPERATIONS) {
      expect(named(name).tracking.moreMinutes?.({ target, params: {}, baseline })).toBe(0)
    }
  })
})
