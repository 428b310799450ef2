import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { ALL_AT_ONCE, FAST, processesOf, toldOf } from './emr-machine.ts'
import { cluster, startTestMachine, type TestMachine } from './machine-client.ts'

/** What EMR does not do as asked, to its real end. */

/** Of the machine, which may be busy. */
const PATIENCE = { timeout: 140_000 }

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
    await vi.waitUntil(() => on.emrWrites(lost.id).length === 1, PATIENCE)
    // From here on, for the next write: the one before is taken on.
    Object.assign(quirks, { hangAfter: 1 })
    runs.hanging = await on.ask('emr.service.restart', { clusterId: hanging.id, services }, ALL_AT_ONCE)
    await vi.waitUntil(() => on.emrWrites(hanging.id).length === 1, PATIENCE)
  })
  afterAll(() => on.dispose())

  test('names the process that did not come back, with one request', async ({ expect }) => {
    const ended = await on.end(runs.lost)
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

  test('that hangs after it took effect is found, and not sent again', async ({ expect }) => {
    const ended = await on.end(runs.hanging)
    expect(ended).toMatchObject({ state: 'succeeded', progress: { seen: { 'found 3 OF 3 RESTARTED': 1 } } })
    expect(on.emrWrites(hanging.id)).toMatchObject([{ status: 0 }])
    // It took effect, all the same.
    const [restarted] = processesOf(on, hanging.id)
    expect(restarted?.lastRestartAt).toBeGreaterThan(Date.now() - 3_600_000)
    await expect
      .poll(() => toldOf(on, runs.hanging))
      .toMatchObject([{ id: `${runs.hanging}/succeeded`, type: 'steadyhand.run.succeeded' }])
  })

  test('that is not permitted fails, and says what to do', async ({ expect }) => {
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
