import { expect, test } from 'vitest'
import { LAB, namesOf, processesOf, SEEDED, type Started, startEmr, statusOf, WAREHOUSE } from './client.ts'

const NAME = 'NameNode@172.16.117.11'
const DATA_1 = 'DataNode@172.16.117.21'
const DATA_2 = 'DataNode@172.16.117.22'
const STOPPED = { OperatorStateId: 2 }
const IN_MAINTENANCE = { MaintainStateId: 2 }

const restartsOf = async (started: Started, id: string, service: string) =>
  (await processesOf(started, id, service)).map(({ LastRestartTime }) => LastRestartTime)

const rolling = (BatchSize: number, TimeWait = 0) => ({
  StrategyConfig: { RollingRestartSwitch: 1, BatchSize, TimeWait, DealOnFail: 0 },
})

test.for<[string, number, number]>([
  ['StartService', 12, 5_000],
  ['StopService', 10, 4_000],
  ['RestartService', 8, 6_000],
  ['StartMonitor', 11, 3_000],
  ['StopMonitor', 9, 2_000],
])('takes %s from idle through status %i and back, in %i ms', async ([op, status, ms]) => {
  const started = await startEmr()
  expect(await started.operate(op, LAB, ['HDFS'])).toEqual({})
  const observed = [await statusOf(started, LAB)]
  for (const step of [499, 1, ms - 1, 1]) {
    started.advance(step)
    observed.push(await statusOf(started, LAB))
  }
  expect(observed).toEqual([2, 2, status, status, 2])
})

test('answers an operation with the request id and nothing to track it by', async () => {
  const { send } = await startEmr()
  const body = { InstanceId: LAB, OpType: 'StopService', OpScope: { ServiceInfoList: [{ ServiceName: 'HDFS' }] } }
  const { Response } = (await (await send('StartStopServiceOrMonitor', body)).json()) as { Response: object }
  expect(Object.keys(Response)).toEqual(['SimulatedExtra', 'RequestId'])
})

test('takes the documented example', async () => {
  const started = await startEmr()
  const body = {
    InstanceId: WAREHOUSE,
    OpType: 'StartService',
    OpScope: {
      ServiceInfoList: [
        {
          ServiceName: 'HDFS',
          ComponentInfoList: [{ ComponentName: 'ZKFailoverController', IpList: ['172.16.114.126'] }],
        },
      ],
    },
    StrategyConfig: { RollingRestartSwitch: 0, BatchSize: 1, TimeWait: 5, DealOnFail: 0 },
  }
  expect(await started.ask('StartStopServiceOrMonitor', body)).toEqual({})
})

test('takes all that the request model has', async () => {
  const { ask, operate, advance } = await startEmr()
  const Args = [{ Key: 'Threads', Values: ['0'] }]
  const strategy = { RollingRestartSwitch: 1, BatchSize: 99_999, TimeWait: 300, DealOnFail: 1, Args }
  const service = { ServiceName: 'HDFS', ComponentInfoList: [{ ComponentName: 'DataNode', IpList: null }] }
  const answers = [
    await ask('StartStopServiceOrMonitor', {
      InstanceId: LAB,
      OpType: 'RestartService',
      OpScope: { ServiceInfoList: [service, { ServiceName: 'HDFS', ComponentInfoList: null }] },
      StrategyConfig: strategy,
    }),
  ]
  advance(20_000)
  const StopParams = { StopPolicy: 'safe', ThreadCount: 12, GraceDownTime: 80 }
  answers.push(await operate('StopService', LAB, ['HDFS'], { StopParams }))
  advance(20_000)
  answers.push(await operate('StopMonitor', LAB, ['HDFS'], { KeepMonitorButNotRecoverProcess: true }))
  expect(answers).toEqual([{}, {}, {}])
})

test.for<[string, string[], string[]]>([
  ['a whole service', ['HDFS'], [NAME, DATA_1, DATA_2]],
  ['a component', ['HDFS/DataNode'], [DATA_1, DATA_2]],
  ['a process on one node', [`HDFS/${DATA_2}`], [DATA_2]],
  ['the same process named twice', [`HDFS/${DATA_2}`, `HDFS/${DATA_2}`], [DATA_2]],
  ['two processes', [`HDFS/${NAME}`, `HDFS/${DATA_1}`], [NAME, DATA_1]],
])('stops and starts %s', async ([, scope, names]) => {
  const started = await startEmr()
  await started.operate('StopService', LAB, scope)
  started.advance(4_499)
  const before = await namesOf(started, LAB, 'HDFS', STOPPED)
  started.advance(1)
  const stopped = await namesOf(started, LAB, 'HDFS', STOPPED)
  await started.operate('StartService', LAB, ['HDFS'])
  started.advance(5_500)
  expect([before, stopped, await namesOf(started, LAB, 'HDFS', STOPPED)]).toEqual([[], names, []])
  const all = await processesOf(started, LAB, 'HDFS')
  const restarted = all.filter(({ LastRestartTime }) => LastRestartTime === '2025-01-02 11:04:15')
  expect(restarted.map(({ NodeName, Ip }) => `${NodeName}@${Ip}`)).toEqual(names)
})

test('takes an empty list of IPs for all nodes', async () => {
  const started = await startEmr()
  const component = { ComponentName: 'DataNode', IpList: [] }
  const OpScope = { ServiceInfoList: [{ ServiceName: 'HDFS', ComponentInfoList: [component] }] }
  await started.ask('StartStopServiceOrMonitor', { InstanceId: LAB, OpType: 'StopService', OpScope })
  started.advance(5_000)
  expect(await namesOf(started, LAB, 'HDFS', STOPPED)).toEqual([DATA_1, DATA_2])
})

test('acts on several services of one cluster and on nothing else', async () => {
  const started = await startEmr()
  await started.operate('StopService', WAREHOUSE, ['YARN', 'HIVE/HiveServer2'])
  started.advance(5_000)
  const stopped = []
  for (const service of ['HDFS', 'YARN', 'HIVE', 'ZOOKEEPER']) {
    stopped.push((await namesOf(started, WAREHOUSE, service, STOPPED)).length)
  }
  expect([...stopped, (await namesOf(started, LAB, 'HDFS', STOPPED)).length]).toEqual([0, 5, 1, 0, 0])
})

test('restarts all at once: down at the start, up at the end with a new time at UTC+8', async () => {
  const started = await startEmr()
  await started.operate('RestartService', LAB, ['HDFS/DataNode'])
  const observed = []
  for (const step of [499, 1, 5_999, 1]) {
    started.advance(step)
    observed.push([await namesOf(started, LAB, 'HDFS', STOPPED), await restartsOf(started, LAB, 'HDFS')])
  }
  const now = '2025-01-02 11:04:11'
  expect(observed).toEqual([
    [[], [SEEDED, SEEDED, SEEDED]],
    [
      [DATA_1, DATA_2],
      [SEEDED, SEEDED, SEEDED],
    ],
    [
      [DATA_1, DATA_2],
      [SEEDED, SEEDED, SEEDED],
    ],
    [[], [SEEDED, now, now]],
  ])
})

test('restarts batch by batch when rolling, with a scaled wait in each', async () => {
  const started = await startEmr()
  // Two batches of 3,000 ms and 100 × 10 ms each.
  await started.operate('RestartService', LAB, ['HDFS'], rolling(2, 100))
  const observed = []
  for (const step of [500, 3_999, 1, 3_999, 1]) {
    started.advance(step)
    observed.push([await statusOf(started, LAB), ...(await namesOf(started, LAB, 'HDFS', STOPPED))])
  }
  expect(observed).toEqual([[8, DATA_1, DATA_2], [8, DATA_1, DATA_2], [8, NAME], [8, NAME], [2]])
  expect(await restartsOf(started, LAB, 'HDFS')).toEqual([
    '2025-01-02 11:04:13',
    '2025-01-02 11:04:09',
    '2025-01-02 11:04:09',
  ])
})

test('restarts standby processes before active ones', async () => {
  const started = await startEmr()
  await started.operate('RestartService', WAREHOUSE, ['HDFS/NameNode'], rolling(1))
  const observed = []
  for (const step of [500, 3_000, 3_000]) {
    started.advance(step)
    observed.push(await namesOf(started, WAREHOUSE, 'HDFS', STOPPED))
  }
  expect(observed).toEqual([['NameNode@172.16.114.127'], ['NameNode@172.16.114.126'], []])
})

test('goes in batches for a restart only', async () => {
  const started = await startEmr()
  await started.operate('StopService', LAB, ['HDFS'], rolling(1, 100))
  started.advance(4_499)
  const before = await namesOf(started, LAB, 'HDFS', STOPPED)
  started.advance(1)
  expect([before, await namesOf(started, LAB, 'HDFS', STOPPED)]).toEqual([[], [NAME, DATA_1, DATA_2]])
})

test('works once on a process that is named twice', async () => {
  const { emr, operate } = await startEmr()
  await operate('RestartService', LAB, [`HDFS/${DATA_2}`, 'HDFS/DataNode', `HDFS/${DATA_2}`], rolling(1))
  expect(emr.state.works[0]?.steps.map(({ ip }) => ip)).toEqual(['172.16.117.22', '172.16.117.21'])
})

test('gives two restarts within one second two times', async () => {
  const started = await startEmr({ workMs: { beforeBusy: 0, RestartService: 100 } })
  const times = []
  for (const _ of [1, 2, 3]) {
    await started.operate('RestartService', LAB, ['HDFS/NameNode'])
    started.advance(100)
    times.push((await restartsOf(started, LAB, 'HDFS'))[0])
  }
  expect(times).toEqual(['2025-01-02 11:04:05', '2025-01-02 11:04:06', '2025-01-02 11:04:07'])
})

test('leaves a process that is already started, or stopped, as it is', async () => {
  const started = await startEmr()
  await started.operate('StartService', LAB, ['HDFS'])
  started.advance(6_000)
  const afterStart = await restartsOf(started, LAB, 'HDFS')
  for (const _ of [1, 2]) {
    await started.operate('StopService', LAB, ['HDFS'])
    started.advance(6_000)
  }
  expect([afterStart, await namesOf(started, LAB, 'HDFS', STOPPED)]).toEqual([
    [SEEDED, SEEDED, SEEDED],
    [NAME, DATA_1, DATA_2],
  ])
})

test('enters maintenance by StopMonitor and leaves it by StartMonitor', async () => {
  const started = await startEmr()
  await started.operate('StopMonitor', LAB, ['HDFS/DataNode'])
  started.advance(2_499)
  const before = await namesOf(started, LAB, 'HDFS', IN_MAINTENANCE)
  started.advance(1)
  const entered = await namesOf(started, LAB, 'HDFS', IN_MAINTENANCE)
  const unchecked = await namesOf(started, LAB, 'HDFS', { HealthStateId: '-4' })
  await started.operate('StartMonitor', LAB, [`HDFS/${DATA_1}`])
  started.advance(3_500)
  const left = await namesOf(started, LAB, 'HDFS', IN_MAINTENANCE)
  expect([before, entered, unchecked, left]).toEqual([[], [DATA_1, DATA_2], [DATA_1, DATA_2], [DATA_2]])
  expect(await namesOf(started, LAB, 'HDFS', { OperatorStateId: 1 })).toEqual([NAME, DATA_1, DATA_2])
})

test('never shows maintenance of a role that does not support it', async () => {
  const started = await startEmr()
  await started.operate('StopMonitor', WAREHOUSE, ['HIVE'])
  started.advance(3_000)
  expect(await namesOf(started, WAREHOUSE, 'HIVE', IN_MAINTENANCE)).toEqual([
    'HiveMetaStore@172.16.114.126',
    'HiveServer2@172.16.114.126',
  ])
  expect(await namesOf(started, WAREHOUSE, 'HIVE', { MaintainStateId: 1 })).toEqual(['HiveWebHcat@172.16.114.126'])
})
