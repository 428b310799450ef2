import { afterAll, beforeAll, describe, test } from 'vitest'
import { ALL_AT_ONCE, FAST, processesOf } from './emr-machine.ts'
import { HOMES } from './homes.ts'
import { cluster, startTestMachine, type TestMachine } from './test-machine.ts'

/** What EMR does not do as asked, to its real end. */

describe.for(HOMES)('on $name:', (home) => {
  describe.concurrent('an operation that does not go well', () => {
    const [lost, denied] = [cluster(31), cluster(33)]
    let on: TestMachine
    beforeAll(async () => {
      on = await startTestMachine(home, { emr: { workMs: FAST, clusters: [lost, denied] } })
      Object.assign(on.machine.simulatedEmr.quirks, { denied: ['StopMonitor'], neverBack: 1 })
    })
    afterAll(() => on.dispose())

    test('names the process that did not come back, with one request', async ({ expect }) => {
      const target = { clusterId: lost.id, services: [{ name: 'HDFS' }] }
      const id = await on.ask('emr.service.restart', target, ALL_AT_ONCE)
      const ended = await on.end(id)
      expect(ended).toMatchObject({
        state: 'failed',
        outcome: {
          summary:
            'the provider reports its work as done, but the resource does not show it: processes 2 OF 3 RESTARTED, not NameNode on 10.0.31.1',
        },
      })
      expect(on.emrWrites(lost.id)).toHaveLength(1)
      await expect.poll(() => on.toldOf(id)).toMatchObject([{ id: `${id}/failed`, type: 'dev.steadyhand.run.failed' }])
    })

    test('that is not permitted fails, and says what to do', async ({ expect }) => {
      const ended = await on.end(
        await on.ask('emr.monitor.stop', { clusterId: denied.id, services: [{ name: 'HDFS' }] }),
      )
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
})
