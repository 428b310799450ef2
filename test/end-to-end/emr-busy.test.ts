import { afterAll, beforeAll, describe, test } from 'vitest'
import { ALL_AT_ONCE, FAST } from './emr-machine.ts'
import { HOMES } from './homes.ts'
import { cluster, startTestMachine, type TestMachine } from './test-machine.ts'

describe.for(HOMES)('on $name:', (home) => {
  describe('a cluster at other work', () => {
    const seed = cluster(41)
    let on: TestMachine
    beforeAll(async () => {
      on = await startTestMachine(home, { emr: { workMs: FAST, clusters: [seed] } })
    })
    afterAll(() => on.dispose())

    test('is waited for, and the operation is sent once', async ({ expect }) => {
      const busyUntil = (busyUntilMs: number) => Object.assign(on.machine.simulatedEmr.quirks, { busyUntilMs })
      busyUntil(Number.POSITIVE_INFINITY)
      const id = await on.ask('emr.service.restart', { clusterId: seed.id, services: [{ name: 'HDFS' }] }, ALL_AT_ONCE)
      await expect
        .poll(async () => (await on.run(id)).lastObserved)
        .toBe('emr.cluster.show: the cluster is EXECUTING COMMAND')
      expect(await on.run(id)).toMatchObject({ state: 'queued' })
      expect(on.emrWrites(seed.id)).toEqual([])
      busyUntil(0)
      expect(await on.end(id)).toMatchObject({ state: 'succeeded' })
      expect(on.emrWrites(seed.id)).toHaveLength(1)
    })
  })
})
