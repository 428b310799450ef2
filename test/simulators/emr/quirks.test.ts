import { expect, test } from 'vitest'
import type { EmrQuirks } from '../../../lib/simulators/emr/quirks.ts'
import { SEED_CLUSTERS } from '../../../lib/simulators/emr/seeds.ts'
import { errorOf, LAB, namesOf, order, processesOf, SEEDED, START_MS, startEmr, statusOf, WAREHOUSE } from './client.ts'

const START_STOP = 'StartStopServiceOrMonitor'
const LIST = { DisplayStrategy: 'clusterList' }
const STOPPED = { OperatorStateId: 2 }
const RESTART = order('RestartService', LAB, ['HDFS'])

test('lets as many requests of an action through as allowed in any one second', async () => {
  const { ask, advance } = await startEmr({ quirks: { perSecond: 2 } })
  const observed: unknown[] = []
  for (const step of [0, 600, 0, 399, 1, 0, 600]) {
    advance(step)
    observed.push('Error' in (await ask('DescribeInstances', LIST)) ? 'refused' : 'fine')
  }
  // At 0, 600, 600, 999, 1000, 1000 and 1600 ms.
  expect(observed).toEqual(['fine', 'fine', 'refused', 'refused', 'fine', 'refused', 'fine'])
  expect(await ask(START_STOP, RESTART)).toEqual({})
})

test('takes 20 requests of an action a second unless told, as is documented', async () => {
  const { ask } = await startEmr()
  const answers = await Promise.all(Array.from({ length: 21 }, () => ask('DescribeInstances', LIST)))
  expect(answers.filter((answer) => 'Error' in answer)).toHaveLength(1)
})

test.for<[EmrQuirks['restartTimes'], string | null]>([
  ['padded', '2025-01-01 11:04:05'],
  ['unpadded', '2025-1-1 11:4:5'],
  ['zoned', '2025-01-01T03:04:05.000Z'],
  ['dashes', '--'],
  ['none', null],
])('writes restart times as the quirk says: %s', async ([restartTimes, time]) => {
  const started = await startEmr({ quirks: { restartTimes } })
  expect((await processesOf(started, LAB, 'HDFS'))[0]?.LastRestartTime).toBe(time)
})

test('lists every process twice where the quirk says so', async () => {
  const started = await startEmr()
  const once = await namesOf(started, LAB, 'HDFS')
  started.emr.quirks.twins = true
  expect(await namesOf(started, LAB, 'HDFS')).toEqual(once.flatMap((name) => [name, name]))
})

test('a role of clients is neither started nor stopped', async () => {
  const lab = SEED_CLUSTERS.find(({ id }) => id === LAB)
  const services = { HDFS: { DataNode: ['172.16.114.1'], HdfsClient: ['172.16.114.1'] } }
  const started = await startEmr({ clusters: lab ? [{ ...lab, services }] : [] })
  const [all, up, down] = await Promise.all(
    [{}, { OperatorStateId: 1 }, STOPPED].map((filter) => namesOf(started, LAB, 'HDFS', filter)),
  )
  expect([all?.length, up, down]).toEqual([2, ['DataNode@172.16.114.1'], []])
})

test('has a log of what was begun, by second, the newest first', async () => {
  const { ask, operate, advance, emr } = await startEmr()
  await operate('StopService', LAB, ['HDFS'])
  advance(60_000)
  await operate('StartService', LAB, ['HDFS'])
  await operate('StopMonitor', WAREHOUSE, ['HDFS'])
  const log = (more: object = {}) => ask('DescribeInstanceOplog', { InstanceId: LAB, Offset: 0, Limit: 10, ...more })
  const [stop, start] = [
    { Operation: '暂停服务', CreateTime: '2025-01-02 11:04:05' },
    { Operation: '启动服务', CreateTime: '2025-01-02 11:05:05' },
  ]
  expect(await log()).toMatchObject({ TotalCnt: 2, LogList: [start, stop] })
  expect(await log({ StartTime: START_MS / 1000 + 1 })).toMatchObject({ TotalCnt: 1, LogList: [start] })
  expect(await log({ Offset: 1, Limit: 1 })).toMatchObject({ TotalCnt: 2, LogList: [stop] })
  expect(await log({ EndTime: START_MS / 1000 - 1 })).not.toHaveProperty('LogList')
  emr.quirks.operationLog = false
  expect(await log()).toEqual(errorOf('InvalidAction'))
})

test('answers too many requests with RequestLimitExceeded and does nothing', async () => {
  const { emr, operate } = await startEmr({ quirks: { perSecond: 1 } })
  await operate('StopService', 'emr-00000000', ['HDFS'])
  expect(await operate('StopService', LAB, ['HDFS'])).toEqual(errorOf('RequestLimitExceeded'))
  expect(emr.state.works).toEqual([])
})

test.for<[Partial<EmrQuirks>, string]>([
  [{ throttle: 1, throttleCode: 'RequestLimitExceeded.UinLimitExceeded' }, 'RequestLimitExceeded.UinLimitExceeded'],
  [{ throttle: 1, throttleCode: 'RequestLimitExceeded.IPLimitExceeded' }, 'RequestLimitExceeded.IPLimitExceeded'],
  [
    { throttle: 1, throttleCode: 'RequestLimitExceeded.GlobalRegionUinLimitExceeded' },
    'RequestLimitExceeded.GlobalRegionUinLimitExceeded',
  ],
  [{ serverErrorBefore: 1, serverErrorCode: 'InternalError.CamCgwError' }, 'InternalError.CamCgwError'],
  [{ serverErrorAfter: 1, serverErrorCode: 'FailedOperation' }, 'FailedOperation'],
])('answers with the code that is set: %j', async ([quirks, code]) => {
  const { ask } = await startEmr({ quirks })
  expect(await ask(START_STOP, RESTART)).toEqual(errorOf(code))
})

test.for<[string[], string[]]>([
  [['StartStopServiceOrMonitor'], ['StopService', 'StopMonitor']],
  [['StopService'], ['StopService']],
  [['DescribeInstances'], []],
])('denies %j: refused are %j', async ([denied, refused]) => {
  const { emr, operate } = await startEmr({ quirks: { denied } })
  const observed: string[] = []
  for (const op of ['StopService', 'StopMonitor']) {
    const answer = await operate(op, op === 'StopService' ? LAB : WAREHOUSE, ['HDFS'])
    if ('Error' in answer) observed.push(op)
  }
  expect(observed).toEqual(refused)
  expect(emr.requests.filter(({ code }) => code === 'UnauthorizedOperation.CheckCamAuth')).toHaveLength(refused.length)
})

test('denies reads as well', async () => {
  const { ask } = await startEmr({ quirks: { denied: ['DescribeInstances'] } })
  expect(await ask('DescribeInstances', LIST)).toEqual(errorOf('UnauthorizedOperation.CheckCamAuth'))
})

test.for<[EmrQuirks['offsetMeaning'], number]>([
  ['page', 4],
  ['row', 1],
])('takes an offset of 1 for a %s', async ([offsetMeaning, first]) => {
  const started = await startEmr({ quirks: { offsetMeaning } })
  const all = await namesOf(started, WAREHOUSE, 'HDFS')
  const page = await namesOf(started, WAREHOUSE, 'HDFS', { Offset: 1, Limit: 4 })
  expect([all.length, page]).toEqual([10, all.slice(first, first + 4)])
})

test('sends null for what is empty or not needed', async () => {
  const { ask } = await startEmr({ quirks: { nulls: true } })
  const { ServiceNodeList } = await ask('DescribeServiceNodeInfos', { InstanceId: LAB, ServiceName: 'HDFS' })
  const nodes = { InstanceId: LAB, ServiceName: 'HDFS', ...STOPPED }
  expect(await ask('DescribeInstances', { ...LIST, InstanceIds: [] })).toEqual({
    TotalCnt: 0,
    ClusterList: null,
    TagKeys: null,
  })
  expect(await ask('DescribeServiceNodeInfos', nodes)).toEqual({
    TotalCnt: 0,
    ServiceNodeList: null,
    AliasInfo: '{}',
    SupportNodeFlagFilterList: null,
  })
  expect((ServiceNodeList as object[])[0]).toMatchObject({
    HealthStatus: null,
    StopPolicies: null,
    ServiceDetectionInfo: null,
  })
})

test('speaks the language of the quirk unless the request names another', async () => {
  const started = await startEmr({ quirks: { language: 'zh-CN' } })
  const titleIn = async (language?: string) => {
    const answer = await started.ask('DescribeInstances', LIST, { headers: { 'x-tc-language': language } })
    return (answer.ClusterList as { ClusterTitle: string }[])[0]?.ClusterTitle
  }
  const [process] = await processesOf(started, LAB, 'HDFS')
  const error = await started.operate('StopService', 'emr-00000000', ['HDFS'])
  expect([await titleIn(), await titleIn('en-US'), await titleIn('fr-FR'), process?.HealthStatus, error]).toEqual([
    '运行中',
    'Running',
    '运行中',
    { Code: 1, Text: '良好', Desc: '' },
    { Error: { Code: 'ResourceNotFound.InstanceNotFound', Message: '找不到该实例。 `emr-00000000` in ap-guangzhou' } },
  ])
})

test('keeps every cluster at other work until the time that is set', async () => {
  const started = await startEmr({ quirks: { busyUntilMs: START_MS + 1_000 } })
  const before = [await statusOf(started, LAB), await started.ask(START_STOP, RESTART)]
  started.advance(1_000)
  const after = [await statusOf(started, LAB), await started.ask(START_STOP, RESTART)]
  expect([before, after]).toEqual([
    [7, errorOf('ResourceInUse.InstanceInProcess')],
    [2, {}],
  ])
})

test.for<[string, Partial<EmrQuirks>, string[], number[]]>([
  ['nothing', {}, ['HDFS/DataNode'], [2, 8, 8, 2, 2]],
  ['workingStatus', { workingStatus: 7 }, ['HDFS'], [2, 7, 7, 2, 2]],
  ['staysIdle', { staysIdle: true }, ['HDFS/DataNode'], [2, 2, 2, 2, 2]],
  ['staysIdle, for a whole service', { staysIdle: true }, ['HDFS'], [2, 8, 8, 2, 2]],
  ['staysIdle over workingStatus', { staysIdle: true, workingStatus: 7 }, ['HDFS/DataNode'], [2, 2, 2, 2, 2]],
  ['statusTwoLateMs', { statusTwoLateMs: 1_000 }, ['HDFS'], [2, 8, 8, 8, 2]],
  ['blocked', { blocked: 1 }, ['HDFS'], [2, 8, 8, 8, 8]],
  ['failing', { failing: 1 }, ['HDFS'], [2, 8, 8, 2, 2]],
])('shows the status of a restart under %s', async ([, quirks, scope, expected]) => {
  const started = await startEmr({ quirks })
  await started.operate('RestartService', LAB, scope)
  const observed = []
  for (const step of [0, 500, 5_999, 1, 1_000]) {
    started.advance(step)
    observed.push(await statusOf(started, LAB))
  }
  expect(observed).toEqual(expected)
})

test('refuses a second operation also where the first never shows', async () => {
  const { operate, advance } = await startEmr({ quirks: { staysIdle: true } })
  await operate('RestartService', LAB, ['HDFS/DataNode'])
  advance(1_000)
  expect(await operate('StopService', LAB, ['HDFS'])).toEqual(errorOf('ResourceInUse.InstanceInProcess'))
})

test('has the processes done before a late status', async () => {
  const started = await startEmr({ quirks: { statusTwoLateMs: 60_000 } })
  await started.operate('StopService', LAB, ['HDFS'])
  started.advance(4_500)
  expect([await statusOf(started, LAB), (await namesOf(started, LAB, 'HDFS', STOPPED)).length]).toEqual([10, 3])
})

test('loses one process of each of the next restarts, for good', async () => {
  const started = await startEmr({ quirks: { neverBack: 1 } })
  await started.operate('StopMonitor', WAREHOUSE, ['HDFS'])
  await started.operate('RestartService', LAB, ['HDFS'])
  started.advance(3_600_000)
  const shown = await processesOf(started, LAB, 'HDFS')
  expect([
    await statusOf(started, LAB),
    await namesOf(started, LAB, 'HDFS', STOPPED),
    started.emr.quirks.neverBack,
  ]).toEqual([2, ['NameNode@172.16.117.11'], 0])
  expect(shown.map(({ LastRestartTime }) => LastRestartTime)).toEqual([
    SEEDED,
    '2025-01-02 11:04:11',
    '2025-01-02 11:04:11',
  ])
  await started.operate('RestartService', LAB, ['HDFS'])
  started.advance(6_500)
  expect(await namesOf(started, LAB, 'HDFS', STOPPED)).toEqual([])
})

test('loses a process of a start that was stopped, though others were not', async () => {
  const started = await startEmr()
  await started.operate('StopService', LAB, ['HDFS/DataNode@172.16.117.21'])
  started.advance(6_000)
  started.emr.quirks.neverBack = 1
  await started.operate('StartService', LAB, ['HDFS'])
  started.advance(6_000)
  expect([await statusOf(started, LAB), await namesOf(started, LAB, 'HDFS', STOPPED)]).toEqual([
    2,
    ['DataNode@172.16.117.21'],
  ])
})

test('changes nothing in an operation that fails', async () => {
  const started = await startEmr({ quirks: { failing: 1 } })
  await started.operate('StopService', LAB, ['HDFS'])
  started.advance(6_000)
  const failed = await namesOf(started, LAB, 'HDFS', STOPPED)
  await started.operate('StopService', LAB, ['HDFS'])
  started.advance(6_000)
  expect([failed.length, (await namesOf(started, LAB, 'HDFS', STOPPED)).length]).toEqual([0, 3])
})

test('gets no further than the first batch where the flow is blocked', async () => {
  const started = await startEmr({ quirks: { blocked: 1 } })
  const StrategyConfig = { RollingRestartSwitch: 1, BatchSize: 1, TimeWait: 0, DealOnFail: 0 }
  await started.operate('RestartService', LAB, ['HDFS'], { StrategyConfig })
  started.advance(3_600_000)
  const restarted = (await processesOf(started, LAB, 'HDFS')).filter(
    ({ LastRestartTime }) => LastRestartTime !== SEEDED,
  )
  expect([await statusOf(started, LAB), restarted.map(({ Ip }) => Ip)]).toEqual([8, ['172.16.117.21']])
  expect(await started.operate('StopService', LAB, ['HDFS'])).toEqual(errorOf('ResourceInUse.InstanceInProcess'))
})
