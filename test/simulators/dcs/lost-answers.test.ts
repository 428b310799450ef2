import { expect, onTestFinished, test } from 'vitest'
import { createCall } from '../../../lib/cloud/call.ts'
import { huaweiProvider } from '../../../lib/cloud/huawei/provider.ts'
import { createSend } from '../../../lib/cloud/send.ts'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import { DCS } from '../../../lib/services/dcs/service.ts'
import type { Evidence, Read } from '../../../lib/services/tracking.ts'
import type { DcsQuirks } from '../../../lib/simulators/dcs/quirks.ts'
import { SEED_INSTANCES } from '../../../lib/simulators/dcs/seeds.ts'
import type { WorkKind } from '../../../lib/simulators/dcs/state.ts'
import { CATALOG, ORDERS, SESSIONS, START_MS, startDcs } from './client.ts'

/** The real caller over real sockets: where the answer to a change is lost, its evidence is found. */

const HEIR = SEED_INSTANCES.find(({ id }) => id === CATALOG)?.nodes[1]

async function lose(name: string, quirks: Partial<DcsQuirks>, target: object) {
  const { dcs, clock, advance } = await startDcs()
  const { ak, sk, projectId } = dcs.credentials
  const send = createSend()
  onTestFinished(() => send.close())
  const provider = huaweiProvider(
    DCS,
    { accessKey: ak, secretKey: sk, projectId },
    { region: 'cn-north-4', endpoint: dcs.url },
  )
  const call = createCall({
    send,
    provider: () => provider,
    nowMs: () => clock.ms,
    random: () => 0,
    sleep: async () => {},
  })
  const read: Read = (operation, input) =>
    call(operation, input, { region: 'cn-north-4', deadlineAtMs: clock.ms + 20_000 })
  const operation = CATALOGUE.get(name)
  if (!operation) throw new Error(`no operation ${name}`)
  const order = { target: operation.target.parse(target), params: {} }
  const baseline = await operation.tracking.baseline(read, order.target)
  Object.assign(dcs.quirks, quirks)
  await expect(read(operation, { ...order, baseline })).rejects.toMatchObject({ facts: { change: 'unknown' } })
  // As in a run, whose baseline is stored as JSON.
  const kept = JSON.parse(JSON.stringify({ baseline })) as { baseline: unknown }
  const observe = (): Promise<Evidence> =>
    operation.tracking.findEvidence(read, { ...order, ...kept, sentAtMs: START_MS })
  const probe = (jobId: string) =>
    operation.tracking.progress.observe(read, { ...order, ...kept, sentAtMs: START_MS, jobId })
  return { dcs, advance, observe, probe }
}

const AFTER = { gatewayTimeoutAfter: 1 }
const BEFORE = { gatewayTimeoutBefore: 1 }

test.for([0, 500, 3_000, 7_000])('a swap is found %d ms later, by the job that it can be followed by', async (ms) => {
  const { dcs, advance, observe, probe } = await lose('dcs.instance.swap', AFTER, { instanceId: ORDERS })
  const [work] = dcs.state.works
  advance(ms)
  const evidence = await observe()
  expect(evidence).toEqual({
    begun: 'working',
    jobId: work?.jobId,
    observed: expect.stringMatching(/^TASK masterStandbySwapJob /),
  })
  advance(7_000)
  expect(await probe(work?.jobId ?? '')).toMatchObject({ verdict: 'done', observed: 'SUCCESS' })
  expect(dcs.state.works).toHaveLength(1)
})

test('a swap that never arrived is not found, also beside the swap of another instance', async () => {
  const { observe, dcs } = await lose('dcs.instance.swap', BEFORE, { instanceId: ORDERS })
  expect(await observe()).toEqual({ unclear: 'RUNNING, MASTERS AS BEFORE, NO TASK LISTED' })
  const other = { ...WORK, kind: 'swap' as const, instanceId: SESSIONS, acceptedAt: START_MS, endAt: START_MS + 6_000 }
  dcs.state.works.push(other)
  expect(await observe()).toEqual({ unclear: 'RUNNING, MASTERS AS BEFORE, NO TASK LISTED' })
  dcs.state.works.push({ ...other, id: 'ours', jobId: 'job-of-ours', instanceId: ORDERS })
  expect(await observe()).toMatchObject({ begun: 'working', jobId: 'job-of-ours' })
})

const WORK = { id: 'w', jobId: 'job', nodeIds: [], startAt: START_MS, outcome: 'success' as const, settled: false }

test.for<[string, WorkKind, object, RegExp]>([
  [
    'dcs.shard.failover',
    'switchover',
    { instanceId: CATALOG, groupId: HEIR?.group_id, nodeId: HEIR?.node_id },
    /^TASK m/,
  ],
  ['dcs.node.stop', 'nodeStop', { instanceId: ORDERS }, /^TASK stopDCSNode/],
  ['dcs.node.start', 'nodeStart', { instanceId: ORDERS }, /^TASK startDCSNode/],
])('%s is found where it is listed, and is unclear where it is not', async ([name, kind, target, observed]) => {
  const { dcs, observe } = await lose(name, { ...AFTER, unlistedTasks: [] }, target)
  const jobId = dcs.state.works[0]?.jobId
  expect(await observe()).toEqual({ begun: 'working', jobId, observed: expect.stringMatching(observed) })
  dcs.quirks.unlistedTasks = [kind]
  expect(await observe()).toEqual({ unclear: expect.stringMatching(/NO TASK LISTED$/) })
})

test.for<[string, WorkKind, string]>([
  ['dcs.instance.restart', 'restart', 'INSTANCE RESTARTING'],
  ['dcs.instance.soft-restart', 'softRestart', 'INSTANCE RESTARTING'],
  ['dcs.instance.flush', 'flush', 'INSTANCE FLUSHING'],
  ['dcs.instance.stop', 'stop', 'INSTANCE CLOSING'],
])('%s shows by its status while it works', async ([name, kind, observed]) => {
  const { dcs, observe, advance } = await lose(name, { ...AFTER, unlistedTasks: [kind] }, { instanceId: ORDERS })
  expect(await observe()).toEqual({ begun: 'working', observed })
  dcs.quirks.stoppedStatus = 'POWEROFF'
  advance(7_000)
  expect(await observe()).toEqual({ unclear: expect.stringMatching(/^INSTANCE (RUNNING|POWEROFF), NO TASK LISTED$/) })
})
