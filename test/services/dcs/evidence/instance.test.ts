import { describe, expect, test } from 'vitest'
import type { Evidence } from '../../../../lib/services/tracking.ts'
import { type Answer, at, evidenceOf, groups, I, JOB, nodes, OTHER, SENT, type Shown, tasks } from '../shown.ts'

/** Operations tracked by a status, nodes or a master: they may be found, but never proven not to have begun. */

const NO_TASKS: Shown = { tasks: tasks(), center: tasks() }
const DENIED = { fails: 'unsupported' as const, code: 'DCS.4094' }
const working = (observed: string, jobId?: string): Evidence => ({
  begun: 'working',
  observed,
  ...(jobId ? { jobId } : {}),
})
const done = (observed: string): Evidence => ({ begun: 'done', observed })
const unclear = (unclear: string): Evidence => ({ unclear })

/** A task since the intent, linked to its job in the task center. */
const listing = (name: string, more: object = {}): Shown => {
  const task = { id: 't1', name, status: 'RUNNING', created_at: at(1), ...more }
  return { tasks: tasks({ ...task, job_id: null }), center: tasks({ job_id: JOB, ...task }) }
}

describe('an instance', () => {
  type Row = [string, string, object | string, Evidence]
  const R = 'dcs.instance.restart'
  const F = 'dcs.instance.flush'
  const STOP = 'dcs.instance.stop'
  const START = 'dcs.instance.start'

  test.for<Row>([
    [R, 'RUNNING', 'RESTARTING', working('INSTANCE RESTARTING')],
    [R, 'running', ' restarting ', working('INSTANCE RESTARTING')],
    [R, 'ERROR', 'RESTARTING', working('INSTANCE RESTARTING')],
    ['dcs.instance.soft-restart', 'RUNNING', 'RESTARTING', working('INSTANCE RESTARTING')],
    [F, 'RUNNING', 'FLUSHING', working('INSTANCE FLUSHING')],
    [STOP, 'RUNNING', 'CLOSING', working('INSTANCE CLOSING')],
    [STOP, 'RUNNING', 'CLOSED', working('INSTANCE CLOSED')],
    [STOP, 'RUNNING', { status: 'CLOSED', task: 'CLOSING' }, working('INSTANCE CLOSED')],
    [START, 'CLOSED', 'STARTING', working('INSTANCE STARTING')],
    [START, 'CLOSED', 'RUNNING', working('INSTANCE RUNNING')],
    [START, 'CLOSED', { status: 'RUNNING', task: 'STARTING' }, working('INSTANCE RUNNING')],
  ])('%s from %j: %j shows it, no task needed', async ([name, before, shows, evidence]) => {
    const instance = typeof shows === 'string' ? { status: shows } : shows
    for (const lists of [NO_TASKS, { tasks: DENIED, center: DENIED }]) {
      expect((await evidenceOf(name, { instance, ...lists }, { status: before })).evidence).toEqual(evidence)
    }
  })

  test('is searched among the tasks even if the status shows it, for its job', async () => {
    const shown = { instance: { status: 'RESTARTING' }, ...listing('restartDCSInstance') }
    const sinceMs = SENT - 15 * 60_000
    expect(await evidenceOf(R, shown, { status: 'RUNNING' })).toEqual({
      evidence: working('TASK restartDCSInstance RUNNING', JOB),
      asked: [
        { what: 'instance', input: { instanceId: I } },
        { what: 'tasks', input: { instanceId: I, sinceMs, offset: 0 } },
        { what: 'center', input: { sinceMs, offset: 0 } },
      ],
    })
  })

  test.for<[string, string, string]>([
    [R, 'RUNNING', 'RUNNING'],
    [R, 'ERROR', 'RUNNING'],
    [R, 'RUNNING', 'FLUSHING'],
    [R, 'RUNNING', 'ERROR'],
    [R, 'RESTARTING', 'RESTARTING'],
    ['dcs.instance.soft-restart', 'RUNNING', 'RUNNING'],
    [F, 'RUNNING', 'RUNNING'],
    [F, 'RUNNING', 'RESTARTING'],
    [F, 'FLUSHING', 'FLUSHING'],
    [STOP, 'RUNNING', 'RUNNING'],
    [STOP, 'RUNNING', 'POWEROFF'],
    [STOP, 'CLOSED', 'CLOSED'],
    [STOP, 'CLOSED', 'SHUTDOWN'],
    [STOP, ' closed', 'CLOSED'],
    [STOP, 'CLOSING', 'CLOSED'],
    [START, 'RUNNING', 'RUNNING'],
    [START, 'RESTARTING', 'RUNNING'],
    [START, 'CLOSED', 'CLOSED'],
    [START, 'CLOSED', 'RESTARTING'],
    [START, 'POWEROFF', 'RUNNING'],
    [STOP, 'MYSTERIOUS', 'CLOSED'],
    [R, 'MYSTERIOUS', 'RESTARTING'],
  ])('%s from %j: %j alone shows nothing', async ([name, before, status]) => {
    const { evidence } = await evidenceOf(name, { instance: { status }, ...NO_TASKS }, { status: before })
    expect(evidence).toEqual(unclear(`INSTANCE ${status}, NO TASK LISTED`))
  })

  test.for([undefined, null, {}])('with the baseline %j shows nothing', async (baseline) => {
    for (const [name, status] of [
      [R, 'RESTARTING'],
      [START, 'RUNNING'],
      [STOP, 'CLOSED'],
    ] as const) {
      const { evidence } = await evidenceOf(name, { instance: { status }, ...NO_TASKS }, baseline)
      expect(evidence).toEqual(unclear(`INSTANCE ${status}, NO TASK LISTED`))
    }
  })

  test.for<[string, string, boolean]>([
    [R, 'restartDCSInstance', true],
    ['dcs.instance.soft-restart', 'softRestartDCSInstance', true],
    [F, 'flushDCSInstance', true],
    [F, 'restartDCSInstance', false],
    [STOP, 'closeDCSInstance', true],
    [STOP, 'stopInstance', true],
    [STOP, 'startDCSInstance', false],
    [START, 'startDCSInstance', true],
    [START, 'restartDCSInstance', false],
    [START, 'backupDCSInstance', false],
  ])('%s: a task %s is it: %j', async ([name, task, isIt]) => {
    const observed = `TASK ${task} RUNNING`
    const status = name === START ? 'CLOSED' : 'RUNNING'
    const { evidence } = await evidenceOf(name, { instance: { status }, ...listing(task) }, { status })
    expect(evidence).toEqual(isIt ? working(observed, JOB) : unclear(`INSTANCE ${status}, ${observed}`))
  })

  const TASK = 'TASK flushDCSInstance'
  test.for<[string, Shown, Evidence]>([
    ['that succeeded', listing('flushDCSInstance', { status: 'SUCCESS' }), working(`${TASK} SUCCESS`, JOB)],
    [
      'that succeeded, without job',
      listing('flushDCSInstance', { status: 'SUCCESS', job_id: null }),
      working(`${TASK} SUCCESS`),
    ],
    ['without job', listing('flushDCSInstance', { job_id: null }), working(`${TASK} RUNNING`)],
    ['that failed', listing('flushDCSInstance', { status: 'FAIL' }), working(`${TASK} FAIL`, JOB)],
    [
      'of no known status, without job',
      listing('flushDCSInstance', { status: 'PAUSED', job_id: null }),
      unclear(`INSTANCE RUNNING, ${TASK} PAUSED`),
    ],
    ['of before', listing('flushDCSInstance', { created_at: at(-60) }), unclear(`INSTANCE RUNNING, ${TASK} RUNNING`)],
    [
      'of before that succeeded',
      listing('flushDCSInstance', { created_at: at(-60), status: 'SUCCESS' }),
      unclear('INSTANCE RUNNING, NO TASK LISTED'),
    ],
    ['at work, of who knows when', listing('flushDCSInstance', { created_at: 'x' }), working(`${TASK} RUNNING`, JOB)],
    [
      'of another instance',
      {
        ...NO_TASKS,
        center: tasks({ id: 't', name: 'flushDCSInstance', created_at: at(1), params: { instance_id: OTHER } }),
      },
      unclear('INSTANCE RUNNING, NO TASK LISTED'),
    ],
    [
      'that cannot be listed',
      { tasks: DENIED, center: DENIED },
      unclear('INSTANCE RUNNING, NO LIST OF TASKS: DCS.4094'),
    ],
  ])('flush: a task %s', async ([, shown, expected]) => {
    const { evidence } = await evidenceOf(F, { instance: { status: 'RUNNING' }, ...shown }, { status: 'RUNNING' })
    expect(evidence).toEqual(expected)
  })

  test('in few words, whatever it shows', async () => {
    const { evidence } = await evidenceOf(
      R,
      { instance: { status: 'x'.repeat(1e5) }, ...NO_TASKS },
      { status: 'RUNNING' },
    )
    expect(evidence).toEqual(unclear(`INSTANCE ${'X'.repeat(71)}`))
  })
})

describe('nodes', () => {
  const START = 'dcs.node.start'
  const STOP = 'dcs.node.stop'
  const were = (...statuses: string[]): object => ({
    nodes: statuses.map((status, index) => ({ id: `l${index}`, status })),
  })

  test.for<[string, object, Answer, string[] | undefined, Evidence]>([
    [STOP, were('Active', 'Active'), nodes('Inactive', 'Inactive'), undefined, done('2 OF 2 NOT ACTIVE')],
    [STOP, were('Active', 'Inactive'), nodes('Inactive', 'Inactive'), undefined, done('2 OF 2 NOT ACTIVE')],
    [STOP, were('Active', 'Active'), nodes('Active', 'Inactive'), ['n1'], done('1 OF 1 NOT ACTIVE')],
    [STOP, were('Active', 'Active'), nodes('Active', 'Inactive'), ['l1'], done('1 OF 1 NOT ACTIVE')],
    [START, were('Inactive', 'Active'), nodes('Active', 'Active'), undefined, done('2 OF 2 ACTIVE')],
    [START, were('Inactive', 'Active'), nodes('active', 'Inactive'), ['n0'], done('1 OF 1 ACTIVE')],
  ])('%s from %j: %j of %j show it, no task needed', async ([name, baseline, shown, nodeIds, evidence]) => {
    expect(await evidenceOf(name, { nodes: shown }, baseline, nodeIds && { nodeIds })).toEqual({
      evidence,
      asked: [{ what: 'nodes', input: { instanceId: I } }],
    })
  })

  test.for<[string, unknown, Answer, string[] | undefined, string]>([
    [STOP, were('Active', 'Active'), nodes('Active', 'Active'), undefined, '0 OF 2 NOT ACTIVE'],
    [STOP, were('Active', 'Active'), nodes('Active', 'Inactive'), undefined, '1 OF 2 NOT ACTIVE'],
    [STOP, were('Inactive', 'Inactive'), nodes('Inactive', 'Inactive'), undefined, '2 OF 2 NOT ACTIVE'],
    [STOP, were('Active', 'Inactive'), nodes('Inactive', 'Inactive'), ['n1'], '1 OF 1 NOT ACTIVE'],
    [STOP, were('Active'), nodes('Inactive'), ['n0', 'gone'], '1 OF 2 NOT ACTIVE'],
    [STOP, were('Active'), nodes(), undefined, '0 OF 0 NOT ACTIVE'],
    [STOP, were(), nodes('Inactive'), undefined, '1 OF 1 NOT ACTIVE'],
    [STOP, undefined, nodes('Inactive'), undefined, '1 OF 1 NOT ACTIVE'],
    [STOP, were('Active'), DENIED, undefined, '0 OF 0 NOT ACTIVE'],
    [STOP, were('Active'), DENIED, ['n0'], '0 OF 1 NOT ACTIVE'],
    [START, were('Active', 'Active'), nodes('Active', 'Active'), undefined, '2 OF 2 ACTIVE'],
    [START, were('Inactive', 'Inactive'), nodes('Active', 'Inactive'), undefined, '1 OF 2 ACTIVE'],
  ])('%s from %j: %j of %j alone show nothing', async ([name, baseline, shown, nodeIds, observed]) => {
    const { evidence } = await evidenceOf(name, { nodes: shown, ...NO_TASKS }, baseline, nodeIds && { nodeIds })
    expect(evidence).toEqual(unclear(`${observed}, NO TASK LISTED`))
  })

  test.for<[string, string, boolean]>([
    [STOP, 'stopDCSNode', true],
    [STOP, 'closeInstance', true],
    [STOP, 'changeNodeStatus', true],
    [STOP, 'restartDCSInstance', false],
    [START, 'startDCSNode', true],
    [START, 'startInstance', true],
    [START, 'restartDCSInstance', false],
  ])('%s: a task %s with its job is it: %j', async ([name, task, isIt]) => {
    const baseline = were('Inactive', 'Active')
    const as = name === START ? 'ACTIVE' : 'NOT ACTIVE'
    const observed = `TASK ${task} RUNNING`
    const shown = { nodes: nodes('Inactive', 'Active') }
    const { evidence } = await evidenceOf(name, { ...shown, ...listing(task) }, baseline)
    expect(evidence).toEqual(isIt ? working(observed, JOB) : unclear(`1 OF 2 ${as}, ${observed}`))
    const unlinked = await evidenceOf(name, { ...shown, ...listing(task, { job_id: null }) }, baseline)
    expect(unlinked.evidence).toEqual(unclear(`1 OF 2 ${as}, ${observed}${isIt ? ', NO JOB' : ''}`))
  })

  test('that ended badly are followed by their job', async () => {
    const shown = { nodes: nodes('Active'), ...listing('stopDCSNode', { status: 'FAIL' }) }
    expect((await evidenceOf(STOP, shown, were('Active'))).evidence).toEqual(working('TASK stopDCSNode FAIL', JOB))
  })
})

describe('a failover', () => {
  const TARGET = { groupId: 'g0', nodeId: 'b' }
  const evidence = async (shown: Shown, baseline: unknown): Promise<Evidence> =>
    (await evidenceOf('dcs.shard.failover', shown, baseline, TARGET)).evidence

  test('shows by the master of its shard, no task needed', async () => {
    expect(await evidenceOf('dcs.shard.failover', { groups: groups('b') }, { masters: { g0: 'a' } }, TARGET)).toEqual({
      evidence: done('MASTER AS ASKED'),
      asked: [{ what: 'groups', input: { instanceId: I } }],
    })
  })

  test.for<[unknown, Answer, string]>([
    [{ masters: { g0: 'a' } }, groups('a'), 'ANOTHER NODE'],
    [{ masters: { g0: 'a' } }, groups('c'), 'ANOTHER NODE'],
    [{ masters: { g0: 'a', g1: 'x' } }, groups('a', 'b'), 'ANOTHER NODE'],
    [{ masters: { g0: 'a' } }, groups(null), 'ANOTHER NODE'],
    [{ masters: { g0: 'b' } }, groups('b'), 'MASTER AS BEFORE'],
    [{ masters: {} }, groups('b'), 'MASTER NOT COMPARED'],
    [undefined, groups('b'), 'MASTER NOT COMPARED'],
  ])('from %j: %j alone shows nothing', async ([baseline, shown, observed]) => {
    expect(await evidence({ groups: shown, ...NO_TASKS }, baseline)).toEqual(unclear(`${observed}, NO TASK LISTED`))
  })

  test.for<[string, boolean]>([
    ['masterStandbySwapJob', true],
    ['clusterSwitchover', true],
    ['shardFailover', true],
    ['EXTEND', false],
  ])('shows by a task %s with its job: %j', async ([task, isIt]) => {
    const shown = { groups: groups('a'), ...listing(task) }
    const observed = `TASK ${task} RUNNING`
    expect(await evidence(shown, { masters: { g0: 'a' } })).toEqual(
      isIt ? working(observed, JOB) : unclear(`ANOTHER NODE, ${observed}`),
    )
  })
})

test.for<[string, keyof Shown]>([
  ['dcs.instance.restart', 'instance'],
  ['dcs.instance.flush', 'tasks'],
  ['dcs.instance.stop', 'center'],
  ['dcs.node.stop', 'nodes'],
  ['dcs.node.start', 'tasks'],
  ['dcs.shard.failover', 'groups'],
  ['dcs.shard.failover', 'center'],
])('%s proves nothing while the read of %s fails', async ([name, what]) => {
  const shown = { instance: { status: 'RUNNING' }, nodes: nodes('Active'), groups: groups('a'), ...NO_TASKS }
  const target = name === 'dcs.shard.failover' ? { groupId: 'g0', nodeId: 'b' } : {}
  const traced = evidenceOf(name, { ...shown, [what]: { fails: 'unavailable' } }, { status: 'RUNNING' }, target)
  await expect(traced).rejects.toMatchObject({ facts: { kind: 'unavailable' } })
})
