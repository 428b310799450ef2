import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { InstanceSeed } from '../../lib/simulators/dcs/seeds.ts'
import { HOMES } from './homes.ts'
import { instance, startTestMachine, type TestMachine } from './test-machine.ts'

/** All eight operations through HTTP, to their real end, with DCS on a socket. */

/** Batch work takes long enough to be seen at the first look, after five seconds: unseen, it is believed only after a minute. */
const SEEN_MS = 10_000
const FAST = {
  nodeStart: 1_000,
  nodeStop: 1_000,
  swap: 1_000,
  restart: SEEN_MS,
  softRestart: SEEN_MS,
  flush: SEEN_MS,
  stop: SEEN_MS,
  start: SEEN_MS,
}
const ACTION: Record<string, string | undefined> = {
  'dcs.node.start': 'start',
  'dcs.node.stop': 'stop',
  'dcs.instance.swap': undefined,
  'dcs.instance.restart': 'restart',
  'dcs.instance.soft-restart': 'soft_restart',
  'dcs.instance.flush': 'flush',
  'dcs.instance.stop': 'stop',
  'dcs.instance.start': 'start',
}
const OPERATIONS = Object.keys(ACTION)

/** An instance for each operation, as it finds it. */
const seedsFrom = (first: number): InstanceSeed[] =>
  OPERATIONS.map((name, index) => instance(first + index, name === 'dcs.instance.start' ? { status: 'CLOSED' } : {}))
const good = seedsFrom(0)
const failing = seedsFrom(10)
const stale = instance(20, { backupAgesHours: [30] })
const single = { ...instance(21), mode: 'single' as const, nodes: instance(21).nodes.slice(0, 1) }
const FORMS = ['json', 'json-string', 'prefixed', 'bare'] as const
const withForms = FORMS.map((_form, index) => instance(30 + index))

describe.for(HOMES)('on $name:', (home) => {
  let on: TestMachine
  beforeAll(async () => {
    const instances = [...good, ...failing, stale, single, ...withForms]
    on = await startTestMachine(home, { dcs: { workMs: FAST, instances } })
  })
  afterAll(() => on.dispose())
  const writesOn = (instanceId: string) =>
    on.writes().filter(({ path, instances }) => path.includes(instanceId) || instances?.includes(instanceId))

  describe.concurrent('every operation', () => {
    test.for(OPERATIONS.map((name, index) => [name, good[index]?.id ?? ''] as const))(
      '%s succeeds with one request, and is told once',
      async ([name, instanceId], { expect }) => {
        const id = await on.ask(name, { instanceId })
        expect(await on.end(id)).toMatchObject({
          state: 'succeeded',
          outcome: { summary: expect.stringMatching(/ succeeded: .* \(after \d+ s\)/) },
        })
        expect(writesOn(instanceId).map(({ action }) => action)).toEqual([ACTION[name]])
        await expect
          .poll(() => on.toldOf(id))
          .toMatchObject([{ id: `${id}/succeeded`, type: 'dev.steadyhand.run.succeeded', data: { operation: name } }])
      },
    )
  })

  // Between the two, so that no job of the former is one that fails.
  describe('what DCS refuses', () => {
    test.for([
      ['dcs.node.stop', stale.id, 'DCS.2001', 'params {"ensureBackup": true}'],
      ['dcs.instance.swap', single.id, 'DCS.4855', 'nothing was done'],
      ['dcs.instance.restart', '00000000-0000-4000-8000-999999999999', 'DCS.3022', 'Check the id'],
    ] as const)('%s on %s fails with %s, and says %s', async ([operation, instanceId, code, hint]) => {
      const ended = await on.end(await on.ask(operation, { instanceId }))
      expect(ended).toMatchObject({
        state: 'failed',
        outcome: { summary: expect.stringContaining(hint), error: { code } },
      })
    })
  })

  describe.concurrent('every operation that fails', () => {
    beforeAll(() => {
      const failedInstances = failing.slice(5).map(({ id }) => id)
      Object.assign(on.machine.simulatedDcs.quirks, { failingJobs: 3, restartErrors: 2, failedInstances })
    })

    const WHY: Record<string, RegExp> = {
      'dcs.node.start': /^the cloud reports failure: job FAIL: /,
      'dcs.node.stop': /^the cloud reports failure: job FAIL: /,
      'dcs.instance.swap': /^the cloud reports failure: job FAIL: /,
      'dcs.instance.restart': /^the cloud reports failure: instance status ERROR$/,
      'dcs.instance.soft-restart': /^the cloud reports failure: instance status ERROR$/,
      'dcs.instance.flush': /^DCS answered "failed" for this instance/,
      'dcs.instance.stop': /^DCS answered "failed" for this instance/,
      'dcs.instance.start': /^DCS answered "failed" for this instance/,
    }

    test.for(OPERATIONS.map((name, index) => [name, failing[index]?.id ?? ''] as const))(
      '%s says why, with one request',
      async ([name, instanceId], { expect }) => {
        const ended = await on.end(await on.ask(name, { instanceId }))
        expect(ended).toMatchObject({ state: 'failed', outcome: { summary: expect.stringMatching(WHY[name] ?? /^$/) } })
        expect(writesOn(instanceId)).toHaveLength(1)
      },
    )
  })

  describe('the job id of nodes/status', () => {
    test.for(FORMS.map((form, index) => [form, withForms[index]] as const))(
      'is read in the form %s',
      async ([form, seed]) => {
        Object.assign(on.machine.simulatedDcs.quirks, { jobIdForm: form })
        const nodeIds = seed?.nodes.slice(1).map(({ node_id }) => node_id)
        const id = await on.ask('dcs.node.stop', { instanceId: seed?.id, nodeIds })
        await expect.poll(async () => (await on.run(id)).jobId).toMatch(/^[0-9a-f]{32}$/)
        expect(await on.end(id)).toMatchObject({
          state: 'succeeded',
          evidence: { observedCounts: { 'nodes NOT ACTIVE': 1 } },
        })
      },
    )
  })
})
