import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import type { EmrProcess } from '../../lib/standalone/clouds/emr/state.ts'
import { cluster, startTestMachine, type TestMachine } from './machine-client.ts'

/** The five operations of EMR through HTTP, to their real end: the packaged functions, queues, table, topic, and EMR on a socket. */

const FAST = {
  beforeBusy: 200,
  timeWaitSecond: 1,
  StartService: 2_000,
  StopService: 2_000,
  RestartService: 2_000,
  StartMonitor: 2_000,
  StopMonitor: 2_000,
}
const ALL_AT_ONCE = { strategy: { rolling: false } }

const processesOf = (on: TestMachine, clusterId: string): EmrProcess[] =>
  on.machine.simulatedEmr?.state.clusters.find(({ id }) => id === clusterId)?.processes ?? []
const toldOf = (on: TestMachine, id: string): unknown[] =>
  on.machine.deliveries.map(({ message }) => JSON.parse(message)).filter(({ data }) => data.id === id)

interface Case {
  operation: string
  opType: string
  params: object
  /** How the processes are before. */
  before: Partial<EmrProcess>
  /** And how they are after. */
  after: Partial<EmrProcess>
}

const CASES: Case[] = [
  {
    operation: 'emr.service.start',
    opType: 'StartService',
    params: {},
    before: { started: false },
    after: { started: true },
  },
  {
    operation: 'emr.service.stop',
    opType: 'StopService',
    params: { stop: { policy: 'safe', threads: 2 } },
    before: {},
    after: { started: false },
  },
  {
    operation: 'emr.service.restart',
    opType: 'RestartService',
    params: { strategy: { rolling: true, batchSize: 1, waitSeconds: 5, onFailure: 'skip' } },
    before: {},
    after: { started: true },
  },
  {
    operation: 'emr.monitor.start',
    opType: 'StartMonitor',
    params: {},
    before: { inMaintenance: true },
    after: { inMaintenance: false },
  },
  {
    operation: 'emr.monitor.stop',
    opType: 'StopMonitor',
    params: { keepMonitor: true },
    before: {},
    after: { inMaintenance: true },
  },
]

describe.concurrent('every operation', () => {
  const FINANCE = 'emr-9fin3k8w'
  const seeds = CASES.map((_case, number) => cluster(number))
  const finance = cluster(20, { id: FINANCE, projectId: 1137 })
  const elsewhere = cluster(21, { region: 'ap-beijing' })
  let on: TestMachine
  beforeAll(async () => {
    on = await startTestMachine({}, { workMs: FAST, clusters: [...seeds, finance, elsewhere] })
    for (const [number, { before }] of CASES.entries()) {
      for (const process of processesOf(on, seeds[number]?.id ?? '')) Object.assign(process, before)
    }
  })
  afterAll(() => on.dispose())

  test.for(CASES.map((one, number) => [one.operation, one, seeds[number]?.id ?? ''] as const))(
    '%s succeeds with one request, and is told once',
    { timeout: 120_000 },
    async ([operation, { opType, params, before, after }, clusterId], { expect }) => {
      const restartedBefore = processesOf(on, clusterId).map(({ lastRestartAt }) => lastRestartAt)
      const id = await on.ask(operation, { clusterId, services: [{ name: 'HDFS' }] }, params)
      expect(await on.end(id)).toMatchObject({
        state: 'succeeded',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        target: { region: 'ap-guangzhou', clusterId },
        outcome: { summary: expect.stringMatching(/ is done: the cluster is idle, and every targeted process is /) },
      })
      const net = `10.0.${Number(clusterId.slice(-4))}`
      expect(on.emrWrites(clusterId)).toEqual([
        {
          at: expect.any(Number),
          method: 'POST',
          action: 'StartStopServiceOrMonitor',
          opType,
          instances: [clusterId],
          scope: [`HDFS/NameNode@${net}.1`, `HDFS/DataNode@${net}.11`, `HDFS/DataNode@${net}.12`],
          status: 200,
        },
      ])
      const processes = processesOf(on, clusterId)
      expect(processes).toMatchObject(
        processes.map(({ service }) =>
          service === 'HDFS' ? after : { started: true, inMaintenance: false, ...before },
        ),
      )
      const restarted = processes.map(({ lastRestartAt }, i) => lastRestartAt > (restartedBefore[i] ?? 0))
      const comesUp = opType === 'RestartService' || opType === 'StartService'
      expect(restarted).toEqual([comesUp, comesUp, comesUp, false])
      await expect
        .poll(() => toldOf(on, id))
        .toMatchObject([{ id: `${id}/succeeded`, type: 'steadyhand.run.succeeded', data: { operation } }])
    },
  )

  test('works on a cluster outside the default project, down to one process', { timeout: 120_000 }, async ({
    expect,
  }) => {
    const services = [{ name: 'hdfs', components: [{ name: 'DataNode', ips: ['10.0.20.12'] }] }]
    const id = await on.ask('emr.service.stop', { clusterId: FINANCE.toUpperCase(), services })
    expect(await on.end(id)).toMatchObject({ state: 'succeeded' })
    expect(on.emrWrites(FINANCE).map(({ scope }) => scope)).toEqual([['HDFS/DataNode@10.0.20.12']])
    expect(
      processesOf(on, FINANCE)
        .filter(({ started }) => !started)
        .map(({ ip }) => ip),
    ).toEqual(['10.0.20.12'])
  })

  test.for([
    ['a cluster that is not there', 'emr-00000000'],
    ['a cluster of another region', elsewhere.id],
  ] as const)('fails on %s: nothing is sent', { timeout: 120_000 }, async ([, clusterId], { expect }) => {
    const target = { clusterId, services: [{ name: 'HDFS' }] }
    expect(await on.end(await on.ask('emr.service.restart', target, ALL_AT_ONCE))).toMatchObject({
      state: 'failed',
      outcome: {
        summary: `nothing was done: emr.cluster.show: there is no cluster ${clusterId} in this account and region. Check the ids, the account and the region`,
        error: { kind: 'not-found' },
      },
    })
    expect(on.emrWrites(clusterId)).toEqual([])
  })

  test('is refused at once where it cannot be meant: a restart that does not say how', async ({ expect }) => {
    const answer = await on.post({ operation: 'emr.service.restart', target: { clusterId: FINANCE, services: [] } })
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { errors: expect.arrayContaining([expect.objectContaining({ field: 'params.strategy' })]) },
    ])
  })
})

describe.concurrent('an operation that does not go well', () => {
  const [lost, hanging, denied] = [cluster(31), cluster(32), cluster(33)]
  let on: TestMachine
  const runs = { lost: '', hanging: '' }
  beforeAll(async () => {
    on = await startTestMachine({}, { workMs: FAST, clusters: [lost, hanging, denied] })
    const quirks = on.machine.simulatedEmr?.quirks ?? {}
    Object.assign(quirks, { denied: ['StopMonitor'], neverBack: 1 })
    const services = [{ name: 'HDFS' }]
    runs.lost = await on.ask('emr.service.restart', { clusterId: lost.id, services }, ALL_AT_ONCE)
    await vi.waitUntil(() => on.emrWrites(lost.id).length === 1, 25_000)
    // From here on, for the next write: the one before is taken on.
    Object.assign(quirks, { hangAfter: 1 })
    runs.hanging = await on.ask('emr.service.restart', { clusterId: hanging.id, services }, ALL_AT_ONCE)
    await vi.waitUntil(() => on.emrWrites(hanging.id).length === 1, 25_000)
  }, 60_000)
  afterAll(() => on.dispose())

  test('names the process that did not come back, with one request', { timeout: 200_000 }, async ({ expect }) => {
    const ended = await on.end(runs.lost, 190_000)
    expect(ended).toMatchObject({
      state: 'failed',
      outcome: {
        summary:
          'the provider reports its work as done, but the resource does not show it: processes 2 OF 3 RESTARTED, not NameNode on 10.0.31.1',
      },
    })
    expect(on.emrWrites(lost.id)).toHaveLength(1)
    await expect
      .poll(() => toldOf(on, runs.lost))
      .toMatchObject([{ id: `${runs.lost}/failed`, type: 'steadyhand.run.failed' }])
  })

  test('that hangs after it took effect is unknown, and is not sent again', { timeout: 120_000 }, async ({
    expect,
  }) => {
    const ended = await on.end(runs.hanging)
    expect(ended).toMatchObject({ state: 'unknown', outcome: { summary: expect.stringContaining('not sent again') } })
    expect(on.emrWrites(hanging.id)).toMatchObject([{ status: 0 }])
    // It took effect, all the same.
    const [restarted] = processesOf(on, hanging.id)
    expect(restarted?.lastRestartAt).toBeGreaterThan(Date.now() - 3_600_000)
    await expect
      .poll(() => toldOf(on, runs.hanging))
      .toMatchObject([{ id: `${runs.hanging}/unknown`, type: 'steadyhand.run.unknown' }])
  })

  test('that is not permitted fails, and says what to do', { timeout: 120_000 }, async ({ expect }) => {
    const ended = await on.end(await on.ask('emr.monitor.stop', { clusterId: denied.id, services: [{ name: 'HDFS' }] }))
    expect(ended).toMatchObject({
      state: 'failed',
      outcome: {
        summary: expect.stringMatching(
          /^nothing was done: emr\.monitor\.stop: UnauthorizedOperation\.CheckCamAuth: .*\. Give the account the permission for this action$/,
        ),
        error: { kind: 'denied', code: 'UnauthorizedOperation.CheckCamAuth' },
      },
    })
    expect(on.emrWrites(denied.id)).toMatchObject([{ code: 'UnauthorizedOperation.CheckCamAuth' }])
    expect(processesOf(on, denied.id).filter(({ inMaintenance }) => inMaintenance)).toEqual([])
  })
})

describe.concurrent('a cluster at other work', () => {
  const seed = cluster(41)
  let on: TestMachine
  beforeAll(async () => {
    on = await startTestMachine({}, { workMs: FAST, clusters: [seed] })
  })
  afterAll(() => on.dispose())

  test('is waited for, and the operation is sent once', { timeout: 120_000 }, async ({ expect }) => {
    const busyUntil = (busyUntilMs: number) => Object.assign(on.machine.simulatedEmr?.quirks ?? {}, { busyUntilMs })
    busyUntil(Number.POSITIVE_INFINITY)
    const id = await on.ask('emr.service.restart', { clusterId: seed.id, services: [{ name: 'HDFS' }] }, ALL_AT_ONCE)
    await expect
      .poll(async () => (await on.run(id)).progress, { timeout: 30_000 })
      .toMatchObject({ said: 'emr.cluster.show: the cluster is EXECUTING COMMAND' })
    expect(await on.run(id)).toMatchObject({ state: 'queued' })
    expect(on.emrWrites(seed.id)).toEqual([])
    busyUntil(0)
    expect(await on.end(id)).toMatchObject({ state: 'succeeded' })
    expect(on.emrWrites(seed.id)).toHaveLength(1)
  })
})
