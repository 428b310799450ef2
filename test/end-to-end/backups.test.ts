import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { seedInstance } from '../../lib/simulators/dcs/seeds.ts'
import { HOMES } from './homes.ts'
import { instance, startTestMachine, type TestMachine } from './test-machine.ts'

/** A backup before what stops or deletes, through HTTP, with DCS on a socket. */

/** Of the machine, which may be busy. */
const PATIENCE = { timeout: 200_000 }

const FAST = { nodeStop: 1_000, stop: 8_000, flush: 8_000, backup: 3_000 }
const ENSURE = { ensureBackup: true }
const OPERATIONS = ['dcs.node.stop', 'dcs.instance.stop', 'dcs.instance.flush'] as const
const ACTION = { 'dcs.node.stop': 'stop', 'dcs.instance.stop': 'stop', 'dcs.instance.flush': 'flush' }

const stale = OPERATIONS.map((_name, number) => instance(number, { backupAgesHours: [30] }))
const none = instance(10, { backupAgesHours: [] })
const fresh = instance(11, { backupAgesHours: [6] })
const single = seedInstance({
  id: '00000000-0000-4000-8000-000000000012',
  name: 'single',
  mode: 'single',
  backupAgesHours: [],
})
const failing = instance(13, { backupAgesHours: [30] })

describe.for(HOMES)('on $name:', (home) => {
  let on: TestMachine
  beforeAll(async () => {
    on = await startTestMachine(home, { dcs: { workMs: FAST, instances: [...stale, none, fresh, single, failing] } })
    // The next backup to be accepted fails: it is that of `failing`.
    Object.assign(on.machine.simulatedDcs.quirks, { failingBackups: 1 })
    failingRun = await on.ask('dcs.node.stop', { instanceId: failing.id }, ENSURE)
    await vi.waitUntil(() => backupsOf(failing.id).length === 2, PATIENCE)
  })
  afterAll(() => on.dispose())
  let failingRun = ''

  /** What was asked for on an instance: `backups`, or the action of the operation. */
  const asked = (instanceId: string): string[] =>
    on
      .writes()
      .filter(({ path, instances }) => path.includes(instanceId) || instances?.includes(instanceId))
      .map(({ path, action }) => (path.endsWith('/backups') ? 'backups' : (action ?? path)))
  const backupsOf = (instanceId: string) =>
    on.machine.simulatedDcs.state.backups.filter(({ instance_id }) => instance_id === instanceId)

  describe.concurrent('with ensureBackup', () => {
    test.for(OPERATIONS.map((name, number) => [name, stale[number]?.id ?? ''] as const))(
      '%s makes one backup where the last is too old, and is sent once',
      async ([operation, instanceId], { expect }) => {
        const id = await on.ask(operation, { instanceId }, ENSURE)
        expect(await on.end(id)).toMatchObject({ state: 'succeeded', preparedAt: expect.any(String) })
        expect(asked(instanceId)).toEqual(['backups', ACTION[operation]])
        expect(backupsOf(instanceId)).toMatchObject([
          { remark: '', status: 'succeed' },
          { remark: `steadyhand ${id}`, status: 'succeed' },
        ])
      },
    )

    test('makes the first backup of an instance, too', async ({ expect }) => {
      const id = await on.ask('dcs.node.stop', { instanceId: none.id }, ENSURE)
      expect(await on.end(id)).toMatchObject({ state: 'succeeded' })
      expect(asked(none.id)).toEqual(['backups', 'stop'])
    })

    test('makes none where a good one is there', async ({ expect }) => {
      const id = await on.ask('dcs.node.stop', { instanceId: fresh.id }, ENSURE)
      expect(await on.end(id)).toMatchObject({ state: 'succeeded' })
      expect(asked(fresh.id)).toEqual(['stop'])
    })

    test('does nothing where the backup fails', async ({ expect }) => {
      expect(await on.end(failingRun)).toMatchObject({
        state: 'failed',
        outcome: { summary: expect.stringMatching(/the backup before it ended as failed \(dcs\.08\.0001\)$/) },
      })
      expect(asked(failing.id)).toEqual(['backups'])
    })

    test('does nothing where no backup can be made', async ({ expect }) => {
      const ended = await on.end(await on.ask('dcs.instance.stop', { instanceId: single.id }, ENSURE))
      expect(ended).toMatchObject({
        state: 'failed',
        outcome: { summary: expect.stringMatching(/^nothing was done: /), error: { code: 'DCS.4095' } },
      })
      expect(asked(single.id)).toEqual(['backups'])
    })
  })
})
