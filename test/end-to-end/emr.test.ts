import { afterAll, beforeAll, describe, test } from 'vitest'
import type { EmrProcess } from '../../lib/simulators/emr/state.ts'
import { ALL_AT_ONCE, FAST, processesOf } from './emr-machine.ts'
import { HOMES } from './homes.ts'
import { cluster, startTestMachine, type TestMachine } from './test-machine.ts'

/** The five operations of EMR through HTTP, to their real end, with EMR on a socket. */

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

describe.for(HOMES)('on $name:', (home) => {
  describe.concurrent('every operation', () => {
    const FINANCE = 'emr-9fin3k8w'
    const seeds = CASES.map((_case, number) => cluster(number))
    const finance = cluster(20, { id: FINANCE, projectId: 1137 })
    const elsewhere = cluster(21, { region: 'ap-beijing' })
    let on: TestMachine
    beforeAll(async () => {
      on = await startTestMachine(home, { emr: { workMs: FAST, clusters: [...seeds, finance, elsewhere] } })
      for (const [number, { before }] of CASES.entries()) {
        for (const process of processesOf(on, seeds[number]?.id ?? '')) Object.assign(process, before)
      }
    })
    afterAll(() => on.dispose())

    test.for(CASES.map((one, number) => [one.operation, one, seeds[number]?.id ?? ''] as const))(
      '%s succeeds with one request, and is told once',
      async ([operation, { opType, params, before, after }, clusterId], { expect }) => {
        const restartedBefore = processesOf(on, clusterId).map(({ lastRestartAt }) => lastRestartAt)
        const id = await on.ask(operation, { clusterId, services: [{ name: 'HDFS' }] }, params)
        expect(await on.end(id)).toMatchObject({
          state: 'succeeded',
          evidence: { requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
          target: { region: 'ap-guangzhou', clusterId },
          outcome: {
            summary: expect.stringMatching(/ succeeded: the cluster is idle, then every targeted process \(\d+\) is /),
          },
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
          .poll(() => on.toldOf(id))
          .toMatchObject([{ id: `${id}/succeeded`, type: 'dev.steadyhand.run.succeeded', data: { operation } }])
      },
    )

    test('works on a cluster outside the default project, down to one process', async ({ expect }) => {
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
    ] as const)('fails on %s: nothing is sent', async ([, clusterId], { expect }) => {
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
        { errors: expect.arrayContaining([expect.objectContaining({ pointer: '#/params/strategy' })]) },
      ])
    })
  })
})
