import { beforeEach, describe, expect, test } from 'vitest'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import type { LifecycleOperation } from '../../../lib/services/lifecycle.ts'
import type { Evidence } from '../../../lib/services/tracking.ts'
import { CLUSTER, createFakeEmr, type FakeEmr, type FakeProcess, process } from '../../world/fake-emr.ts'

/** EMR lists no work: it may be found by its effects, but never proven not to have begun. */

let emr: FakeEmr
let nowMs: number

beforeEach(() => {
  nowMs = 0
  emr = createFakeEmr(() => nowMs)
})

const named = (name: string): LifecycleOperation => {
  const operation = CATALOGUE.get(name)
  if (!operation) throw new Error(`no operation ${name}`)
  return operation
}

const TARGET = { region: 'ap-guangzhou', clusterId: CLUSTER, services: [{ name: 'HDFS' }, { name: 'YARN' }] }

const baselineOf = (name: string): Promise<unknown> => named(name).tracking.baseline(emr.read, TARGET)

const evidenceOf = (name: string, baseline: unknown): Promise<Evidence> =>
  named(name).tracking.findEvidence(emr.read, { target: TARGET, params: {}, baseline, sentAtMs: 0 })

/** Three processes of two services that differ only in the given fields. */
const three = (...more: Partial<FakeProcess>[]): FakeProcess[] => [
  process('HDFS', 'DataNode', '10.0.0.11', more[0]),
  process('HDFS', 'DataNode', '10.0.0.12', more[1]),
  process('YARN', 'NodeManager', '10.0.0.11', more[2]),
]

/** Takes the baseline of the first three, and the evidence of the other three. */
async function between(name: string, before: Partial<FakeProcess>[], after: Partial<FakeProcess>[]): Promise<Evidence> {
  emr.processes = three(...before)
  const baseline = await baselineOf(name)
  emr.processes = three(...after)
  return evidenceOf(name, baseline)
}

const NAMES = ['restart', 'start', 'stop']
  .map((verb) => `emr.service.${verb}`)
  .concat('emr.monitor.start', 'emr.monitor.stop')
const all = (one: Partial<FakeProcess>): Partial<FakeProcess>[] => [one, one, one]
const UP = { started: true }
const DOWN = { started: false }
const WATCHED = { inMaintenance: false }
const KEPT = { inMaintenance: true }
const LATER = { restarted: '2026-01-01 00:00:00' }
const EARLIER = { restarted: '2025-12-30 00:00:00' }
const NEVER = { restarted: null }

const working = (observed: string): Evidence => ({ begun: 'working', observed })
const done = (observed: string): Evidence => ({ begun: 'done', observed })
const unclear = (unclear: string): Evidence => ({ unclear })

test.for<[string, number, string]>([
  ['emr.service.restart', 8, 'RESTARTING SERVICE'],
  ['emr.service.start', 12, 'LEAVING PAUSE'],
  ['emr.service.stop', 10, 'PAUSING SERVICE'],
  ['emr.monitor.start', 11, 'LEAVING MAINTENANCE'],
  ['emr.monitor.stop', 9, 'ENTERING MAINTENANCE'],
])('%s is at work where the cluster shows %d, or a command, and nothing else', async ([name, status, observed]) => {
  emr.processes = three()
  const baseline = await baselineOf(name)
  const others = [8, 12, 10, 11, 9].filter((one) => one !== status)
  const traces = new Map<number, Evidence>()
  for (const shown of [status, 7, ...others, 4, 77, 23, 14]) {
    emr.status = shown
    emr.asked = []
    const evidence = await evidenceOf(name, baseline)
    traces.set(shown, evidence)
    const more = 'begun' in evidence ? [] : ['DescribeInstanceOplog']
    expect(emr.asked.map(({ api }) => api)).toEqual(['DescribeInstances', ...more])
  }
  expect(traces.get(status)).toEqual(working(`CLUSTER ${observed}`))
  expect(traces.get(7)).toEqual(working('CLUSTER EXECUTING COMMAND'))
  for (const one of others) expect(traces.get(one)).toEqual(unclear(expect.stringMatching(/^CLUSTER [A-Z ]+$/)))
  expect([4, 77, 23, 14].map((one) => traces.get(one))).toEqual(
    ['SCALING OUT', 'STATUS 77', 'ISOLATED', 'DESTROYING CLUSTER'].map((one) => unclear(`CLUSTER ${one}`)),
  )
})

describe('where the cluster is idle', () => {
  test.for<[string, Partial<FakeProcess>[], Partial<FakeProcess>[], Evidence]>([
    ['emr.service.restart', all({}), all(LATER), done('3 OF 3 RESTARTED')],
    ['emr.service.restart', all({}), [LATER], working('1 OF 3 RESTARTED')],
    ['emr.service.restart', all({}), all({}), unclear('0 OF 3 RESTARTED')],
    ['emr.service.restart', all({}), all(EARLIER), unclear('0 OF 3 RESTARTED')],
    ['emr.service.restart', all({}), all({ ...LATER, ...DOWN }), unclear('0 OF 3 RESTARTED')],
    ['emr.service.restart', all(NEVER), all(NEVER), unclear('0 OF 3 RESTARTED')],
    ['emr.service.restart', all(NEVER), [EARLIER, NEVER, NEVER], working('1 OF 3 RESTARTED')],
    ['emr.service.start', all(DOWN), all(UP), done('3 OF 3 STARTED')],
    ['emr.service.start', [DOWN, UP, UP], all(UP), done('3 OF 3 STARTED')],
    ['emr.service.start', [DOWN, DOWN, UP], [DOWN, UP, UP], working('2 OF 3 STARTED')],
    ['emr.service.start', all(DOWN), all(DOWN), unclear('0 OF 3 STARTED')],
    ['emr.service.start', [DOWN, UP, UP], [DOWN, UP, UP], unclear('2 OF 3 STARTED, 2 BEFORE')],
    ['emr.service.start', [DOWN, UP, UP], [DOWN, DOWN, UP], unclear('1 OF 3 STARTED, 2 BEFORE')],
    ['emr.service.start', all(UP), all(UP), unclear('3 OF 3 STARTED, 3 BEFORE')],
    ['emr.service.stop', all(UP), all(DOWN), done('3 OF 3 STOPPED')],
    ['emr.service.stop', all(UP), [DOWN], working('1 OF 3 STOPPED')],
    ['emr.service.stop', all(DOWN), all(DOWN), unclear('3 OF 3 STOPPED, 3 BEFORE')],
    ['emr.monitor.start', all(KEPT), all(WATCHED), done('3 OF 3 MONITORED')],
    ['emr.monitor.start', all(WATCHED), all(WATCHED), unclear('3 OF 3 MONITORED, 3 BEFORE')],
    ['emr.monitor.stop', all(WATCHED), all(KEPT), done('3 OF 3 IN MAINTENANCE')],
    ['emr.monitor.stop', all(WATCHED), [WATCHED, KEPT, KEPT], working('2 OF 3 IN MAINTENANCE')],
    ['emr.monitor.stop', all(KEPT), all(KEPT), unclear('3 OF 3 IN MAINTENANCE, 3 BEFORE')],
  ])('%s from %j to %j', async ([name, before, after, evidence]) => {
    expect(await between(name, before, after)).toEqual(evidence)
  })

  test('after growth that failed, the processes tell as well', async () => {
    emr.processes = three(...all(DOWN))
    const baseline = await baselineOf('emr.service.start')
    Object.assign(emr, { status: 302, processes: three() })
    expect(await evidenceOf('emr.service.start', baseline)).toEqual(done('3 OF 3 STARTED'))
  })

  test('an uncounted baseline proves nothing', async () => {
    const nodes = [{ ip: '10.0.0.11' }]
    const baseline = { services: [{ name: 'HDFS', components: [{ name: 'DataNode', nodes }] }] }
    emr.processes = three(DOWN)
    expect(await evidenceOf('emr.service.stop', baseline)).toEqual(unclear('1 OF 1 STOPPED'))
  })

  test('processes that were not targeted prove nothing', async () => {
    emr.processes = [process('HDFS', 'DataNode', '10.0.0.11'), process('YARN', 'NodeManager', '10.0.0.11')]
    const baseline = await baselineOf('emr.service.stop')
    emr.processes.push(process('HDFS', 'DataNode', '10.0.0.13', DOWN), process('HIVE', 'HiveServer2', '10.0.0.1', DOWN))
    expect(await evidenceOf('emr.service.stop', baseline)).toEqual(unclear('0 OF 2 STOPPED'))
  })
})

describe('the log of operations', () => {
  const SENT = Date.parse('2026-03-02T01:00:00.400Z')
  const logged = async (name: string, log: FakeEmr['log'], shown = 2): Promise<Evidence> => {
    emr.processes = three()
    const baseline = await baselineOf(name)
    Object.assign(emr, { log, status: shown })
    return named(name).tracking.findEvidence(emr.read, { target: TARGET, params: {}, baseline, sentAtMs: SENT })
  }
  const entry = (Operation: string, CreateTime = '2026-03-02 09:00:01') => ({ Operation, CreateTime })

  test.for<[string, string]>([
    ['emr.service.restart', '重启服务'],
    ['emr.service.restart', 'RestartService'],
    ['emr.service.start', '启动服务'],
    ['emr.service.start', 'StartService'],
    ['emr.service.stop', '暂停服务'],
    ['emr.service.stop', 'StopService'],
    ['emr.monitor.start', '退出维护'],
    ['emr.monitor.start', 'StartMonitor'],
    ['emr.monitor.stop', '进入维护'],
    ['emr.monitor.stop', 'StopMonitor'],
  ])('has %s as %s, and it has begun; for no other', async ([name, Operation]) => {
    for (const other of NAMES) {
      const evidence = await logged(other, [entry(Operation)])
      expect([other, 'begun' in evidence && evidence]).toEqual([
        other,
        other === name && working(`LOGGED ${Operation}`),
      ])
    }
  })

  test.for([
    ['2026-03-02 09:00:00', true],
    ['2026-03-02 01:00:00', true],
    ['2026-03-02T01:00:00Z', true],
    ['2026-03-02T02:14:59+01:00', true],
    ['2026-03-02 08:59:55', true],
    ['2026-03-02 08:59:53', false],
    ['2026-03-02 00:59:53', false],
    ['2026-03-02 09:15:01', false],
    ['2026-03-02 05:00:00', false],
    ['2026-03-01 09:00:01', false],
    ['2026-03-02T09:00:01Z', false],
    ['today', false],
    ['', false],
  ] as const)('of %s counts: %s', async ([at, counts]) => {
    expect('begun' in (await logged('emr.service.restart', [entry('重启服务', at)]))).toBe(counts)
  })

  test('counts also where the cluster shows other work', async () => {
    expect(await logged('emr.service.restart', [entry('重启服务')], 4)).toEqual(working('LOGGED 重启服务'))
  })

  test('that is not there, is empty or fails proves nothing', async () => {
    const nothing = unclear('0 OF 3 RESTARTED')
    expect(await logged('emr.service.restart', undefined)).toEqual(nothing)
    expect(await logged('emr.service.restart', [])).toEqual(nothing)
    emr.fault = (operation) => (operation === 'emr.operation.list' ? { kind: 'timeout', change: 'none' } : undefined)
    expect(await logged('emr.service.restart', [entry('重启服务')])).toEqual(nothing)
  })

  test('is asked for from the second of the intent on', async () => {
    await logged('emr.service.restart', [])
    const StartTime = Math.floor(SENT / 1000) - 5
    expect(emr.asked.at(-1)).toEqual({
      api: 'DescribeInstanceOplog',
      body: { InstanceId: CLUSTER, Offset: 0, Limit: 100, StartTime, EndTime: StartTime + 86_400 },
    })
  })
})

test('the baseline counts processes at the goal, but only where that is possible', async () => {
  emr.processes = three(DOWN, { ...UP, ...KEPT }, UP)
  const counted = await Promise.all(NAMES.map(baselineOf))
  expect(counted.map((one) => (one as { wereSo?: number }).wereSo)).toEqual([undefined, 2, 1, 2, 1])
})

test.for(['emr.cluster.show', 'emr.process.list'])('proves nothing where %s fails', async (failing) => {
  emr.processes = three()
  const baseline = await baselineOf('emr.service.stop')
  emr.fault = (operation) => (operation === failing ? { kind: 'timeout', change: 'none' } : undefined)
  await expect(evidenceOf('emr.service.stop', baseline)).rejects.toMatchObject({ facts: { kind: 'timeout' } })
})

test('an operation whose answer was lost is seen from its beginning to its end', async () => {
  emr.processes = three()
  const operation = named('emr.service.stop')
  const baseline = await baselineOf('emr.service.stop')
  emr.fault = () => ({ kind: 'timeout', change: 'unknown', took: true })
  await expect(emr.read(operation, { target: TARGET, params: {}, baseline })).rejects.toMatchObject({
    facts: { change: 'unknown' },
  })
  emr.fault = () => undefined
  expect(await evidenceOf('emr.service.stop', baseline)).toEqual(working('CLUSTER PAUSING SERVICE'))
  nowMs = 20_000
  expect(await evidenceOf('emr.service.stop', baseline)).toEqual(done('3 OF 3 STOPPED'))
})
