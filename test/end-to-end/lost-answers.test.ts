import { describe, test } from 'vitest'
import { ALL_AT_ONCE, FAST, processesOf } from './emr-machine.ts'
import { HOMES } from './homes.ts'
import { cluster, instance, startTestMachine } from './test-machine.ts'

/** Changes that took effect, and whose answer never came: found by what the cloud shows, and not sent again. */

// The time-out of a call is the machine's. Were the clock faster, a worker would still wait when its claim is long over.
const AS_IT_IS = { speed: 1 }

describe.concurrent.for(HOMES)('on $name:', (home) => {
  test('dcs.instance.flush is found', async ({ expect }) => {
    const { id: instanceId } = instance(3)
    const on = await startTestMachine(home, {
      ...AS_IT_IS,
      dcs: { workMs: { flush: 10_000 }, instances: [instance(3)] },
    })
    Object.assign(on.machine.simulatedDcs.quirks, { hangAfter: 1, unlistedTasks: [] })
    const ended = await on.end(await on.ask('dcs.instance.flush', { instanceId }))
    expect(ended).toMatchObject({
      state: 'succeeded',
      evidence: { observedCounts: { 'found TASK flushDCSInstance SUCCESS': 1 } },
    })
    expect(on.writes()).toHaveLength(1)
    await on.dispose()
  })

  test('emr.service.restart is found', async ({ expect }) => {
    const { id: clusterId } = cluster(32)
    const on = await startTestMachine(home, { ...AS_IT_IS, emr: { workMs: FAST, clusters: [cluster(32)] } })
    Object.assign(on.machine.simulatedEmr.quirks, { hangAfter: 1 })
    const startedAtMs = on.machine.clock()
    const id = await on.ask('emr.service.restart', { clusterId, services: [{ name: 'HDFS' }] }, ALL_AT_ONCE)
    const ended = await on.end(id)
    expect(ended).toMatchObject({ state: 'succeeded', evidence: { observedCounts: { 'found 3 OF 3 RESTARTED': 1 } } })
    expect(on.emrWrites(clusterId)).toMatchObject([{ status: 0 }])
    // It took effect, all the same.
    const [restarted] = processesOf(on, clusterId)
    expect(restarted?.lastRestartAt).toBeGreaterThan(startedAtMs)
    await expect
      .poll(() => on.toldOf(id))
      .toMatchObject([{ id: `${id}/succeeded`, type: 'dev.steadyhand.run.succeeded' }])
    await on.dispose()
  })
})
