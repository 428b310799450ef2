import { expect, test } from 'vitest'
import { EVENTS, FINANCE, LAB, namesOf, processesOf, SEEDED, START_MS, startEmr, WAREHOUSE } from './emr/client.ts'

const LIST = { DisplayStrategy: 'clusterList' }

test.for<[string, object, number, string[]]>([
  ['only of the default project', {}, 3, [WAREHOUSE, EVENTS, LAB]],
  ['of all projects', { ProjectId: -1 }, 4, [WAREHOUSE, EVENTS, FINANCE, LAB]],
  ['of one project', { ProjectId: 1137 }, 1, [FINANCE]],
  ['by id', { InstanceIds: [LAB, 'emr-00000000', FINANCE] }, 1, [LAB]],
  ['the second page of one', { Offset: 1, Limit: 1 }, 3, [EVENTS]],
  ['a page beyond the last', { Offset: 1 }, 3, []],
  ['by descending id', { OrderField: 'clusterId' }, 3, [EVENTS, WAREHOUSE, LAB]],
  ['by ascending id', { OrderField: 'clusterId', Asc: 1 }, 3, [LAB, WAREHOUSE, EVENTS]],
])('lists clusters %s', async ([, filters, total, ids]) => {
  const { ask } = await startEmr()
  const { TotalCnt, ClusterList } = await ask('DescribeInstances', { ...LIST, ...filters })
  expect([TotalCnt, (ClusterList as { ClusterId: string }[]).map(({ ClusterId }) => ClusterId)]).toEqual([total, ids])
})

test('lists clusters of the region asked for only', async () => {
  const services = { HDFS: { NameNode: ['10.0.0.1'] } }
  const { ask } = await startEmr({
    clusters: ['ap-guangzhou', 'ap-beijing'].map((region, i) => ({
      id: `emr-0000000${i}`,
      name: region,
      region,
      services,
    })),
  })
  const { ClusterList } = await ask('DescribeInstances', LIST, { region: 'ap-beijing' })
  expect(ClusterList).toMatchObject([{ ClusterId: 'emr-00000001', Zone: 'ap-beijing-3' }])
})

test('hides clusters that are not there yet from all but clusterList', async () => {
  const services = { HDFS: { NameNode: ['10.0.0.1'] } }
  const { ask } = await startEmr({
    clusters: [2, 3, 301].map((status, i) => ({ id: `emr-0000000${i}`, name: 'test', status, services })),
  })
  const totals = []
  for (const DisplayStrategy of ['clusterList', 'monitorManage', 'componentManage']) {
    totals.push((await ask('DescribeInstances', { DisplayStrategy })).TotalCnt)
  }
  expect(totals).toEqual([3, 1, 1])
})

test('shows a cluster', async () => {
  const { ask } = await startEmr()
  const { ClusterList } = await ask('DescribeInstances', { ...LIST, InstanceIds: [WAREHOUSE] })
  expect(ClusterList).toMatchObject([
    {
      ClusterId: WAREHOUSE,
      ClusterName: 'warehouse',
      ClusterTitle: 'Running',
      ProjectId: 0,
      Status: 2,
      AddTime: '2024-10-04 11:04:05',
      MasterIp: '172.16.114.126',
    },
  ])
})

test('shows a process', async () => {
  const started = await startEmr()
  expect(await processesOf(started, WAREHOUSE, 'HIVE', { SearchText: 'HiveWebHcat' })).toEqual([
    {
      Ip: '172.16.114.126',
      NodeType: 32,
      NodeName: 'HiveWebHcat',
      ServiceStatus: 1,
      MonitorStatus: 1,
      Status: 1,
      PortsInfo: '7002',
      LastRestartTime: SEEDED,
      Flag: 1,
      NodeFlagFilter: 'master',
      ConfGroupId: 1,
      ConfGroupName: 'hive-default-group',
      ConfStatus: 1,
      ServiceDetectionInfo: [],
      HealthStatus: { Code: 1, Text: 'Good', Desc: '' },
      IsSupportRoleMonitor: false,
      StopPolicies: [
        { Name: 'default', DisplayName: 'default', Describe: '', BatchSizeRange: [1, 99_999], IsDefault: 'true' },
      ],
      HAState: '',
      NameService: '',
      IsFederation: false,
      DataNodeMaintenanceState: 0,
    },
  ])
})

test('has one active process of an HA component', async () => {
  const started = await startEmr()
  const nameNodes = await processesOf(started, WAREHOUSE, 'HDFS', { SearchText: 'NameNode' })
  expect(nameNodes.map(({ Ip, HAState }) => [Ip, HAState])).toEqual([
    ['172.16.114.126', 'active'],
    ['172.16.114.127', 'standby'],
  ])
})

test.for<[string, object, string[]]>([
  ['all', {}, ['A', 'B', 'C']],
  ['started', { OperatorStateId: 1 }, ['B', 'C']],
  ['stopped', { OperatorStateId: 2 }, ['A']],
  ['normal', { MaintainStateId: 1 }, ['A', 'C']],
  ['in maintenance', { MaintainStateId: 2 }, ['B']],
  ['healthy', { HealthStateId: '1' }, ['C']],
  ['not checked', { HealthStateId: '-4' }, ['A', 'B']],
  ['unavailable', { HealthStateId: '0' }, []],
  ['of any health', { HealthStateId: '-99' }, ['A', 'B', 'C']],
  ['on master nodes', { NodeTypeName: 'master' }, ['A']],
  ['on core nodes', { NodeTypeName: 'core' }, ['B', 'C']],
  ['on any nodes', { NodeTypeName: 'all' }, ['A', 'B', 'C']],
  ['of one IP', { SearchFields: [{ SearchType: 'ipv4', SearchValue: '172.16.117.22' }] }, ['C']],
  ['of a beginning of an IP', { SearchFields: [{ SearchType: 'ipv4', SearchValue: '172.16.117' }] }, []],
  ['by text', { SearchText: 'Name' }, ['A']],
  ['with stale configuration', { ConfStatus: -1 }, []],
  ['being decommissioned', { DataNodeMaintenanceId: 1 }, []],
  ['of a first page', { Limit: 2 }, ['A', 'B']],
  ['of a second page', { Limit: 2, Offset: 1 }, ['C']],
])('lists processes: %s', async ([, filters, expected]) => {
  const started = await startEmr()
  const [nameNode, dataNode] = started.emr.state.clusters.find(({ id }) => id === LAB)?.processes ?? []
  if (nameNode) nameNode.started = false
  if (dataNode) dataNode.inMaintenance = true
  const letters = { 'NameNode@172.16.117.11': 'A', 'DataNode@172.16.117.21': 'B', 'DataNode@172.16.117.22': 'C' }
  const names = (await namesOf(started, LAB, 'HDFS', filters)) as (keyof typeof letters)[]
  expect(names.map((name) => letters[name])).toEqual(expected)
})

test('gives ten processes of a service to whoever names no limit, and says how many there are', async () => {
  const ips = Array.from({ length: 12 }, (_, i) => `10.0.0.${i}`)
  const { ask } = await startEmr({
    clusters: [{ id: 'emr-0000test', name: 'test', services: { HDFS: { DataNode: ips } } }],
  })
  const { TotalCnt, ServiceNodeList } = await ask('DescribeServiceNodeInfos', {
    InstanceId: 'emr-0000test',
    ServiceName: 'HDFS',
  })
  expect([TotalCnt, (ServiceNodeList as unknown[]).length]).toEqual([12, 10])
})

test('puts fields that nobody knows into every answer', async () => {
  const { send } = await startEmr()
  const extras = []
  for (const [action, body] of [
    ['DescribeInstances', LIST],
    ['DescribeServiceNodeInfos', { InstanceId: LAB, ServiceName: 'HDFS' }],
    [
      'StartStopServiceOrMonitor',
      { InstanceId: LAB, OpType: 'StopService', OpScope: { ServiceInfoList: [{ ServiceName: 'HDFS' }] } },
    ],
  ] as const) {
    extras.push(((await (await send(action, body)).json()) as { Response: object }).Response)
  }
  expect(extras).toEqual(
    Array(3).fill(expect.objectContaining({ SimulatedExtra: { Revision: 7, Labels: ['a', null] } })),
  )
})

test('dates every answer by its own clock, and sends the trace id back', async () => {
  const { emr, send, advance } = await startEmr()
  const traced = { headers: { 'x-tc-traceid': 'ffe0c072-8a5d-4e17-8887-a8a60252abca' } }
  const first = await send('DescribeInstances', LIST, traced)
  advance(3_600_000)
  const later = await send('DescribeInstances', LIST, { timestampMs: START_MS, headers: { 'x-tc-traceid': 'a b' } })
  const observed = await fetch(`${emr.url}/simulated/requests`)
  expect([first, later, observed].map(({ headers }) => [headers.get('date'), headers.get('x-tc-traceid')])).toEqual([
    ['Thu, 02 Jan 2025 03:04:05 GMT', 'ffe0c072-8a5d-4e17-8887-a8a60252abca'],
    ['Thu, 02 Jan 2025 04:04:05 GMT', null],
    ['Thu, 02 Jan 2025 04:04:05 GMT', null],
  ])
})
