import { describe, expect, test } from 'vitest'
import { compacted, expanded } from '../../lib/aws/store/compact.ts'
import { FINAL } from '../../lib/aws/store/layout.ts'
import { recordOf, storedForm } from '../../lib/aws/store/run-item.ts'
import { fingerprintOf } from '../../lib/runs/accept/fingerprint.ts'
import { Run } from '../../lib/runs/run.ts'
import { itemBytes } from '../cost/sizes.ts'
import { at } from '../ports/records.ts'

const ID = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const JOB = 'ff808082937a2d5f01937a2d00000001'
const NODES = ['3d4e1f6a-9b27-4c08-8e53-0b7d92a5c611', '3d4e1f6a-9b27-4c08-8e53-0b7d92a5c612']

const target = { region: 'cn-north-4', instanceId: ID }

/** What a run of ten minutes has when its end is written, at the latest and largest. */
const ENDED = {
  ...{ id: 'run_bdbff26559e98027829356f9e92eb6c3', kind: 'run', resource: `huawei/dcs/${ID}`, target, params: {} },
  ...{ state: 'succeeded', step: 24, busyAnswers: 0, deadLetters: 0, version: 27, expiresAtSeconds: 1_775_001_610 },
  ...{ createdAt: at(0), sentAt: at(108), acceptedAt: at(132), updatedAt: at(641_444) },
  ...{ deadlineAt: at(1_800_000), nextAt: at(641_396), endedAt: at(641_444), due: 'due', dueAt: at(671_444) },
}
const SWAP: Run = Run.parse({
  ...ENDED,
  ...{ operation: 'dcs.instance.swap', collision: 'reject', verifyingAt: at(636_396), job: { id: JOB } },
  source: { kind: 'http', name: 'api', id: 'arn:aws:iam::111122223333:user/operator', reason: 'wish 7' },
  baseline: { masters: { 'f7b2c9a0-3c55-4f0e-9d1b-6a8e21c4d790': NODES[0] } },
  progress: {
    ...{ lastObserved: 'CHANGED', since: at(636_384), consecutive: 0, failures: 0 },
    observedCounts: { RUNNING: 22, SUCCESS: 1, 'master CHANGED': 2 },
  },
  timeline: [
    { at: at(0), state: 'queued' },
    { at: at(108), state: 'submitting' },
    { at: at(132), state: 'tracking', jobId: JOB },
    { at: at(3_184), observed: 'RUNNING' },
    { at: at(636_384), state: 'verifying', observed: 'SUCCESS' },
    { at: at(636_396), observed: 'CHANGED' },
    { at: at(641_444), state: 'succeeded' },
  ],
  outcome: {
    ...{
      summary: `dcs.instance.swap of ${ID} succeeded: its job is SUCCESS, then another node is master (after 641 s)`,
    },
    providerDone: true,
  },
  fingerprint: fingerprintOf({ operation: { name: 'dcs.instance.swap' }, target, params: {} }),
})
const RESTART: Run = Run.parse({
  ...ENDED,
  ...{ operation: 'dcs.instance.restart', collision: 'skip', sawWork: true },
  source: {
    ...{ kind: 'alarm', name: 'cloudwatch', rule: 'restart-unresponsive-redis' },
    id: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:redis-orders-unresponsive',
    reason:
      'Threshold Crossed: 3 out of the last 3 datapoints [0.0 (30/11/26 11:58:00), 0.0 (30/11/26 11:57:00), 0.0 (30/11/26 11:56:00)] were less than the threshold (1.0).',
  },
  limits: {
    ...{ rule: 'restart-unresponsive-redis', cooldownMs: 1_800_000, began: { at: at(-9_000), settleMs: 300_000 } },
    atMost: [
      { count: 2, windowMs: 3_600_000, per: 'resource' },
      { count: 5, windowMs: 86_400_000, per: 'resource' },
    ],
  },
  baseline: { status: 'RUNNING', nodes: NODES.map((id) => ({ id, status: 'Active' })) },
  progress: {
    ...{ lastObserved: 'ACTIVE', since: at(632_432), consecutive: 0, failures: 0 },
    observedCounts: { RESTARTING: 22, RUNNING: 2, 'nodes ACTIVE': 1 },
  },
  timeline: [
    { at: at(0), state: 'queued' },
    { at: at(108), state: 'submitting' },
    { at: at(132), state: 'tracking' },
    { at: at(5_244), observed: 'RESTARTING' },
    { at: at(627_372), observed: 'RUNNING' },
    { at: at(632_432), state: 'verifying' },
    { at: at(641_444), state: 'succeeded', observed: 'ACTIVE' },
  ],
  outcome: {
    ...{ providerDone: true },
    summary: `dcs.instance.restart of ${ID} succeeded: the instance is RUNNING with no task, then all 2 nodes are active (after 641 s)`,
  },
  fingerprint: fingerprintOf({ operation: { name: 'dcs.instance.restart' }, target, params: {} }),
})

const read = (run: Run): Record<string, unknown> => {
  const { item, parts } = storedForm(run, FINAL)
  const { beside, ...record } = recordOf(
    item,
    parts.map(({ fields }) => fields),
  )
  return record
}

test.for([
  ['a swap of ten minutes that a person asked for', SWAP],
  ['a restart of ten minutes that an alarm asked for', RESTART],
] as const)('the record of %s is one write unit, and reads as it was', ([, run]) => {
  const { item } = storedForm(run, FINAL)
  expect(itemBytes({ ...item, writeId: '0'.repeat(12) })).toBeLessThanOrEqual(1024)
  expect(read(run)).toEqual(JSON.parse(JSON.stringify(run)))
})

test('the compact form can be read by people', () => {
  const { item } = storedForm(SWAP, FINAL)
  expect(item).toMatchObject({
    ...{ state: 'succeeded', target: { region: 'cn-north-4', instanceId: '{id}' }, sentAt: 0.108, endedAt: 641.444 },
    timeline: [
      ...['0 queued', '0.108 submitting', '0.132 tracking/job', '3.184 - RUNNING', '636.384 verifying SUCCESS'],
      ...['636.396 - CHANGED', '641.444 succeeded'],
    ],
  })
  for (const name of ['fingerprint', 'params', 'collision', 'busyAnswers', 'due']) expect(item).not.toHaveProperty(name)
})

describe('reads as it was:', () => {
  const odd = { ofTheNextRelease: { deep: [1, null] } }
  test.for<[string, object]>([
    [
      'what another release added',
      { ...odd, source: { ...SWAP.source, ...odd }, progress: { ...SWAP.progress, ...odd } },
    ],
    ['an entry that another release extended', { timeline: [{ at: at(1), state: 'queued', ...odd }] }],
    ['an entry of another job', { timeline: [{ at: at(1), state: 'tracking', jobId: 'another' }] }],
    [
      'an entry with a doubt, and one after a gap',
      {
        timeline: [
          { at: at(1), doubt: 'lost' },
          { at: at(2), leftOut: 3 },
        ],
      },
    ],
    ['an observation of many words and lines', { timeline: [{ at: at(1), observed: 'error  a/job b\n - c' }] }],
    ['an empty observation', { timeline: [{ at: at(1), observed: '' }] }],
    ['an instant of another spelling', { sentAt: '2026-01-01T00:00:00Z' }],
    ['an instant before the run was created', { sentAt: at(-1), nextAt: at(-99_999) }],
    ['a text that has the sign for the id', { outcome: { summary: 'why {id}?', providerDone: true } }],
    ['a target that has it', { target: { region: '{id}', instanceId: ID } }],
    ['a target that is nested', { target: { ...target, services: [{ name: 'YARN', nodes: ['a', 'b'] }] } }],
    ['another fingerprint', { fingerprint: 'of another release' }],
    ['counts and params', { busyAnswers: 2, deadLetters: 1, params: { ensureBackup: true }, collision: 'queue' }],
    ['no timeline, no job, no baseline', { timeline: undefined, job: undefined, baseline: undefined }],
    ['a run that is done with', { due: undefined, dueAt: undefined, notifiedAt: at(641_500) }],
    ['a resource of one word', { resource: 'x' }],
  ])('%s', ([, change]) => {
    const run = { ...SWAP, ...change } as Run
    expect(read(run)).toEqual(JSON.parse(JSON.stringify(run)))
  })

  test('a record that the compact form would change is stored as it is', () => {
    const record = {
      ...SWAP,
      outcome: { summary: 'why {id}?', providerDone: true },
      sourceKind: 'http',
      sourceName: 'api',
    }
    expect(compacted(record)).toBe(record)
    expect(expanded(record)).toBe(record)
  })
})
