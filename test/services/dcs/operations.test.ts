import { describe, expect, test } from 'vitest'
import { createCall } from '../../../lib/cloud/call.ts'
import { answerReader } from '../../../lib/cloud/huawei/errors.ts'
import type { Operation } from '../../../lib/cloud/operation.ts'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import { createBackup, listBackups } from '../../../lib/services/dcs/backups.ts'
import { listInstanceTasks } from '../../../lib/services/dcs/evidence/tasks.ts'
import { running, stopped } from '../../../lib/services/dcs/probes/instance.ts'
import { job } from '../../../lib/services/dcs/probes/job.ts'
import { mastersChanged } from '../../../lib/services/dcs/probes/masters.ts'
import { nodesActive, nodesActiveAgain, nodesNotActive } from '../../../lib/services/dcs/probes/nodes.ts'
import { listGroups, listLogicalNodes, showInstance, showJob } from '../../../lib/services/dcs/reads.ts'
import { DCS } from '../../../lib/services/dcs/service.ts'
import type { DcsTarget } from '../../../lib/services/dcs/target.ts'
import type { Facts, Observation, Probe, Read } from '../../../lib/services/tracking.ts'
import { TRICKS } from '../samples.ts'

const readAnswer = answerReader(DCS.errors)

const I = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const JOB = '8abfa7aa88ad5aa50188aef7ec0936d1'

const named = (name: string) => {
  const operation = CATALOGUE.get(name)
  if (!operation) throw new Error(`no operation ${name}`)
  return operation
}

test.for([
  [
    'dcs.node.start',
    { instanceId: I, nodeIds: ['n1'] },
    `/v2/{project_id}/instances/${I}/nodes/status`,
    { action: 'start', node_ids: ['n1'] },
  ],
  ['dcs.node.stop', { instanceId: I }, `/v2/{project_id}/instances/${I}/nodes/status`, { action: 'stop' }],
  ['dcs.instance.swap', { instanceId: I }, `/v2/{project_id}/instances/${I}/async-swap`, undefined],
  [
    'dcs.instance.restart',
    { instanceId: I },
    '/v2/{project_id}/instances/status',
    { instances: [I], action: 'restart' },
  ],
  [
    'dcs.instance.soft-restart',
    { instanceId: I },
    '/v2/{project_id}/instances/status',
    { instances: [I], action: 'soft_restart' },
  ],
  ['dcs.instance.flush', { instanceId: I }, '/v2/{project_id}/instances/status', { instances: [I], action: 'flush' }],
  ['dcs.instance.stop', { instanceId: I }, '/v2/{project_id}/instances/status', { instances: [I], action: 'stop' }],
  ['dcs.instance.start', { instanceId: I }, '/v2/{project_id}/instances/status', { instances: [I], action: 'start' }],
] as const)('%s of %j is PUT %s %j, once', ([name, target, path, body]) => {
  const operation = named(name)
  const request = operation.request({ target, params: {}, baseline: undefined })
  expect(request).toEqual({ method: 'PUT', path, ...(body ? { body } : {}) })
  expect(operation.effect).toBe('once')
})

test('only flush deletes data by design', () => {
  expect([...CATALOGUE.values()].filter(({ destroysData }) => destroysData).map(({ name }) => name)).toEqual([
    'dcs.instance.flush',
  ])
})

test.for([
  { instanceId: I, nodeIds: ['a', 'a'] },
  { instanceId: I, nodeIds: [] },
  { instanceId: I, nodeIds: ['../x'] },
  { instanceId: `${I}/../x` },
  { instanceId: I, region: 'cn-north-4.evil.example' },
  { instanceId: I, region: '' },
])('the target %j is refused', (target) => {
  expect(named('dcs.node.stop').target.safeParse(target).success).toBe(false)
})

test.for([
  [showJob, { jobId: JOB }],
  [showInstance, { instanceId: I }],
  [listLogicalNodes, { instanceId: I }],
  [listGroups, { instanceId: I }],
  [listInstanceTasks, { sinceMs: 0, offset: 0, instanceId: I }],
  [listBackups, { sinceMs: 0, instanceId: I }],
  [createBackup, { remark: 'x', instanceId: I }],
] as const)('%# refuses an id that is a trick, before anything is sent', async ([operation, input]) => {
  let asked = 0
  const count = async (): Promise<never> => {
    asked++
    throw new Error('nothing is to be asked')
  }
  const call = createCall({ send: count, provider: count, nowMs: () => 0, random: () => 0, sleep: count })
  const field = 'jobId' in input ? 'jobId' : 'instanceId'
  for (const trick of [...TRICKS, `${I}/../x`, '']) {
    const odd = { ...input, [field]: trick }
    const failed = call(operation as Operation, odd, { region: 'cn-north-4', deadlineAtMs: 60_000 }) // one call for all
    await expect(failed).rejects.toMatchObject({ facts: { kind: 'input', unsent: true } })
  }
  expect(asked).toBe(0)
})

describe('the answer of nodes/status', () => {
  const read = (text: string): unknown => {
    const operation = named('dcs.node.stop')
    return operation.accepted(operation.output.parse(operation.decode?.(text, {})), { instanceId: I })
  }
  test.for([
    `{"job_id":"${JOB}"}`,
    `{"job_id":"${JOB}","more":1}`,
    `"${JOB}"`,
    `job_id:${JOB}`,
    `job_id: ${JOB}\n`,
    `"job_id:${JOB}"`,
    JOB,
    ` ${JOB}\r\n`,
  ])('%j gives the job id', (text) => {
    expect(read(text)).toEqual({ jobId: JOB })
  })

  test('a job id of digits alone is no number', () => {
    expect(read('12345678901234567890123456789012')).toEqual({ jobId: '12345678901234567890123456789012' })
  })

  test.for(['', '{}', '{"job_id":""}', '<html>', 'null'])('%j gives none', (text) => {
    expect(() => read(text)).toThrow()
  })
})

describe('the answer of instances/status', () => {
  test.for([
    [[{ instance: I, result: 'success' }], {}],
    [[{ instance: I.toUpperCase(), result: 'SUCCESS' }], {}],
    [
      [
        { instance: 'other', result: 'failed' },
        { instance: I, result: 'success' },
      ],
      {},
    ],
    [[{ instance: I, result: 'failed' }], { refused: expect.stringContaining('"failed"') }],
    [[{ instance: I, result: 'maybe' }], { unclear: expect.stringContaining('"maybe"') }],
    [[{ instance: 'other', result: 'success' }], { unclear: expect.stringContaining('no result') }],
    [[], { unclear: expect.stringContaining('no result') }],
  ] as const)('%j is %j', ([results, acceptance]) => {
    expect(named('dcs.instance.restart').accepted({ results }, { instanceId: I })).toEqual(acceptance)
  })
})

/** Observes an answer of the cloud, through the output schema of the read. */
async function looks(
  probe: Probe<DcsTarget>,
  answer: unknown,
  facts: Partial<Facts<DcsTarget>> = {},
): Promise<Observation> {
  const read: Read = async (operation) => {
    const reading = readAnswer({ status: 200, headers: {}, text: JSON.stringify(answer) }, undefined)
    return operation.output.parse('payload' in reading ? reading.payload : reading.refusal)
  }
  return probe.observe(read, { target: { instanceId: I }, params: {}, baseline: undefined, sentAtMs: 0, ...facts })
}

describe('the instance status', () => {
  const at = (status: string, more: object = {}): object => ({ instance_id: I, status, ...more })
  test.for([
    [running, at('RUNNING', { task: null }), 'done', 'RUNNING', true],
    [running, at('RUNNING'), 'done', 'RUNNING', true],
    [running, at('RUNNING', { task: '' }), 'done', 'RUNNING', true],
    [running, at('running '), 'done', 'RUNNING', true],
    [running, at('RUNNING', { task: 'BACKUPING' }), 'pending', 'RUNNING, TASK "BACKUPING"', true],
    [running, at('RESTARTING', { task: 'RESTARTING' }), 'pending', 'RESTARTING', true],
    [running, at('ERROR', { error_code: 'dcs.01.0012' }), 'failed', 'ERROR', true],
    [running, at('RUNNING', { error_code: '', error_msg: '' }), 'done', 'RUNNING', true],
    [running, at('HIBERNATING'), 'pending', 'HIBERNATING', false],
    [running, at(''), 'pending', 'NO VALUE', false],
    [running, at('toString'), 'pending', 'TOSTRING', false],
    [running, at('CLOSED'), 'pending', 'CLOSED', true],
    [stopped, at('CLOSED'), 'done', 'CLOSED', true],
    [stopped, at('SHUTDOWN'), 'pending', 'SHUTDOWN', false],
    [stopped, at('IPEXCHANGING'), 'pending', 'IPEXCHANGING', true],
    [stopped, at('ROLLBACKING'), 'pending', 'ROLLBACKING', true],
    [stopped, at('DELETED'), 'failed', 'DELETED', true],
    [running, at('DELETED'), 'failed', 'DELETED', true],
    [stopped, at('RUNNING'), 'pending', 'RUNNING', true],
    [stopped, at('MIGRATING', { task: 'x' }), 'pending', 'MIGRATING', true],
    [stopped, at('POWEROFF', { task: 'x' }), 'pending', 'POWEROFF, TASK "x"', true],
    [stopped, at('POWEROFF'), 'pending', 'POWEROFF', false],
  ] as const)('%# of %j', async ([probe, answer, verdict, observed, listed]) => {
    expect(await looks(probe({ during: 'RESTARTING', task: /./ }), answer)).toMatchObject({ verdict, observed, listed })
  })

  test.for([
    ['RESTARTING', true],
    ['STARTING', false],
    ['EXTENDING', false],
    ['RUNNING', false],
  ] as const)('of a restart, %s is its work: %j', async ([status, atWork]) => {
    expect(await looks(running({ during: 'RESTARTING', task: /./ }), at(status))).toMatchObject({ atWork })
  })

  test('that is as before is marked so', async () => {
    const probe = running({ during: 'RESTARTING', task: /./ })
    expect(await looks(probe, at('RUNNING'), { baseline: { status: 'running' } })).toMatchObject({ asBefore: true })
    expect(await looks(probe, at('RUNNING'), { baseline: { status: 'ERROR' } })).toMatchObject({ asBefore: true })
    expect(await looks(probe, at('RUNNING'), { baseline: { status: 'CLOSED' } })).toMatchObject({ asBefore: false })
    // Neither does a status that no table has.
    expect(await looks(probe, at('RUNNING'), { baseline: { status: 'ANEW' } })).toMatchObject({ asBefore: true })
    expect(await looks(probe, at('RUNNING'))).toMatchObject({ asBefore: false })
  })
})

describe('the job', () => {
  test.for([
    [{ status: 'INIT' }, { verdict: 'pending', observed: 'INIT', listed: true }],
    [
      { status: 'RUNNING', fail_reason: null },
      { verdict: 'pending', observed: 'RUNNING', listed: true },
    ],
    [{ status: 'SUCCESS' }, { verdict: 'done', observed: 'SUCCESS', listed: true }],
    [
      { status: 'FAIL', fail_reason: 'disk' },
      { verdict: 'failed', observed: 'FAIL', listed: true, detail: 'disk' },
    ],
    [{ status: 'PAUSED' }, { verdict: 'pending', observed: 'PAUSED', listed: false }],
    [
      { status: 'FAIL', fail_reason: 'x'.repeat(1e6) },
      { verdict: 'failed', observed: 'FAIL', listed: true, detail: 'x'.repeat(300) },
    ],
  ] as const)('%#', async ([answer, observation]) => {
    expect(await looks(job, answer, { jobId: JOB })).toEqual({
      ...observation,
      proof: `its job is ${observation.observed}`,
    })
  })

  test('without an id is not read', async () => {
    const read: Read = async () => expect.unreachable()
    const facts = { target: { instanceId: I }, params: {}, baseline: undefined, sentAtMs: 0 }
    expect(await job.observe(read, facts)).toEqual({ verdict: 'pending', observed: 'NO JOB ID', listed: false })
  })
})

describe('the nodes', () => {
  const nodes = (...statuses: string[]): object => ({
    nodes: statuses.map((status, index) => ({ logical_node_id: `l${index}`, node_id: `n${index}`, status, extra: 1 })),
  })
  test.for([
    [nodesActive, nodes('Active', 'Active'), undefined, 'ACTIVE', 'all 2 nodes are active'],
    [nodesActive, nodes('Active', 'Inactive'), undefined, '1 OF 2 ACTIVE', undefined],
    [nodesActive, nodes('Active', 'Inactive'), ['n0'], 'ACTIVE', 'its node is active'],
    [nodesActive, nodes('Active', 'Inactive'), ['l0', 'n0'], 'ACTIVE', 'all 2 nodes are active'],
    [nodesActive, nodes('Active'), ['n0', 'gone'], '1 OF 2 ACTIVE', undefined],
    [nodesNotActive, nodes('Active', 'Inactive'), ['l1'], 'NOT ACTIVE', 'its node is not active'],
    [nodesNotActive, nodes('Active', 'Inactive'), undefined, '1 OF 2 NOT ACTIVE', undefined],
    [nodesNotActive, nodes('Inactive'), ['n0', 'gone'], 'NOT ACTIVE', 'all 2 nodes are not active'],
  ] as const)('%# %j', async ([probe, answer, nodeIds, observed, proof]) => {
    const target = { instanceId: I, ...(nodeIds ? { nodeIds: [...nodeIds] } : {}) }
    const verdict = proof ? 'done' : 'pending'
    expect(await looks(probe, answer, { target })).toEqual({
      verdict,
      observed,
      listed: true,
      ...(proof ? { proof } : {}),
    })
  })
})

describe('nodes that say nothing', () => {
  const node = (id: string, status: string, node_role = 'redis-server') => ({ logical_node_id: id, status, node_role })
  const was = (...nodes: object[]) => ({ status: 'RUNNING', nodes })
  const NONE = { verdict: 'done', detail: expect.stringContaining('not verified') }
  test.for<[string, Probe<DcsTarget>, object, unknown, object]>([
    ['no list of a restarted instance', nodesActiveAgain, { nodes: [] }, was(), NONE],
    ['null', nodesActiveAgain, { nodes: null }, undefined, NONE],
    ['nothing at all', nodesActive, {}, undefined, NONE],
    ['no list after a stop', nodesNotActive, { nodes: [] }, undefined, NONE],
    ['only proxies', nodesNotActive, { nodes: [node('p', 'Active', 'redis-proxy')] }, undefined, NONE],
    [
      'a proxy that goes on beside stopped nodes',
      nodesNotActive,
      { nodes: [node('p', 'Active', 'redis-proxy'), node('a', 'Inactive')] },
      undefined,
      { verdict: 'done', proof: 'its node is not active' },
    ],
    [
      'a node that was not active before a restart',
      nodesActiveAgain,
      { nodes: [node('a', 'Active'), node('b', 'Inactive')] },
      was({ id: 'a', status: 'Active' }, { id: 'b', status: 'Inactive' }),
      { verdict: 'done', proof: 'its node is active' },
    ],
    [
      'a node that was active before a restart',
      nodesActiveAgain,
      { nodes: [node('a', 'Active'), node('b', 'Inactive')] },
      was({ id: 'a', status: 'Active' }, { id: 'b', status: 'Active' }),
      { verdict: 'pending', observed: '1 OF 2 ACTIVE' },
    ],
    [
      'nodes that were listed before a restart, and are gone',
      nodesActiveAgain,
      { nodes: [node('a', 'Active')] },
      was({ id: 'a', status: 'Active' }, { id: 'b', status: 'Active' }, { id: 'c', status: 'Inactive' }),
      { verdict: 'pending', observed: '1 OF 2 ACTIVE' },
    ],
    ['all nodes gone', nodesActiveAgain, { nodes: [] }, was({ id: 'a', status: 'Active' }), { verdict: 'pending' }],
    [
      'all nodes gone after a start',
      nodesActive,
      { nodes: [] },
      was({ id: 'a', status: 'Inactive' }),
      { verdict: 'pending' },
    ],
    [
      'a node that was not active before a start',
      nodesActive,
      { nodes: [node('a', 'Inactive')] },
      was({ id: 'a', status: 'Inactive' }),
      { verdict: 'pending' },
    ],
  ])('%s', async ([, probe, answer, baseline, seen]) => {
    expect(await looks(probe, answer, { target: { instanceId: I }, baseline })).toMatchObject(seen)
  })
})

describe('the master', () => {
  const groups = (...masters: string[]): object => ({
    group_list: masters.map((node, index) => ({
      group_id: `g${index}`,
      replication_list: [
        { replication_role: 'Master', node_id: node },
        { replication_role: 'slave', node_id: 'other' },
      ],
    })),
  })
  test.for([
    [{ masters: { g0: 'a' } }, groups('b'), 'done', 'CHANGED', 'another node is master'],
    [{ masters: { g0: 'a' } }, groups('a'), 'pending', 'UNCHANGED', undefined],
    [{ masters: { g0: 'a', g1: 'x' } }, groups('a', 'y'), 'done', 'CHANGED', 'another node is master'],
    [{ masters: { g9: 'a' } }, groups('b'), 'pending', 'UNCHANGED', undefined],
    [{ masters: {} }, groups('b'), 'done', 'NOT COMPARED', undefined],
    [undefined, groups('b'), 'done', 'NOT COMPARED', undefined],
  ] as const)('before %j, now %j: %s', async ([baseline, answer, verdict, observed, proof]) => {
    const seen = await looks(mastersChanged, answer, { baseline })
    expect([seen.verdict, seen.observed, seen.proof]).toEqual([verdict, observed, proof])
  })
})
