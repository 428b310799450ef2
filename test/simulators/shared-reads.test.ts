import { expect, onTestFinished, test } from 'vitest'
import { createCall } from '../../lib/cloud/call.ts'
import { huaweiProvider } from '../../lib/cloud/huawei/provider.ts'
import type { Provider } from '../../lib/cloud/provider.ts'
import { createSend } from '../../lib/cloud/send.ts'
import { withSharedReads } from '../../lib/cloud/shared-reads.ts'
import { tencentProvider } from '../../lib/cloud/tencent/provider.ts'
import { STATUS_SIGNS } from '../../lib/services/dcs/evidence/instance.ts'
import { running } from '../../lib/services/dcs/probes/instance.ts'
import { DCS } from '../../lib/services/dcs/service.ts'
import { GOALS } from '../../lib/services/emr/goals.ts'
import { clusterIdle } from '../../lib/services/emr/probes.ts'
import { EMR } from '../../lib/services/emr/service.ts'
import type { Facts, Observation, Probe, Read } from '../../lib/services/tracking.ts'
import { CATALOG, batch as dcsBatch, LAB, ORDERS, startDcs } from './dcs/client.ts'
import { order, startEmr, WAREHOUSE } from './emr/client.ts'

/** The real caller over real sockets: the lists of the strict simulators answer the probes of what is at work. */

function readerOf(provider: Provider, nowMs: () => number): Read {
  const send = createSend()
  onTestFinished(() => send.close())
  const call = createCall({ send, provider: () => provider, nowMs, random: () => 0, sleep: async () => {} })
  const shared = withSharedReads(call, nowMs)
  return (operation, input) =>
    shared(operation, input, { region: 'r', deadlineAtMs: nowMs() + 20_000, listAgeMs: 1_000 })
}

/** Observes work that was seen just before. */
const observe = <Target>(
  probe: Probe<Target>,
  read: Read,
  target: Target,
  lastObserved: string,
): Promise<Observation> => {
  const facts: Facts<Target> = { target, params: {}, baseline: undefined, sentAtMs: 0, sawWork: true, lastObserved }
  return probe.observe(read, facts)
}

async function restartedDcs() {
  const started = await startDcs()
  const { dcs, clock, ask, advance } = started
  await ask('PUT', '/instances/status', dcsBatch('restart', ORDERS, LAB))
  advance(100)
  const { ak, sk, projectId } = dcs.credentials
  const credentials = { accessKey: ak, secretKey: sk, projectId }
  const read = readerOf(huaweiProvider(DCS, credentials, { region: 'cn-north-4', endpoint: dcs.url }), () => clock.ms)
  const look = (instanceId: string): Promise<Observation> =>
    observe(running(STATUS_SIGNS.restart), read, { instanceId }, 'RESTARTING')
  const paths = (): string[] =>
    dcs.state.requests.filter(({ method }) => method === 'GET').map(({ path }) => path.split('/').slice(3).join('/'))
  return { ...started, look, paths }
}

test('of two restarts of DCS, the second is answered by the list', async () => {
  const { look, paths } = await restartedDcs()
  expect([await look(ORDERS), await look(LAB)]).toMatchObject([{ observed: 'RESTARTING' }, { observed: 'RESTARTING' }])
  expect(paths()).toEqual([`instances/${ORDERS}`, 'instances'])
})

test.for([
  ['is over', {}, 60_000, { verdict: 'done', observed: 'RUNNING' }],
  [
    'is going on, and the list shows it as over',
    { listedStatus: 'RUNNING' },
    0,
    { verdict: 'pending', observed: 'RESTARTING' },
  ],
  [
    'is going on, and the list shows what nobody knows',
    { listedStatus: 'MYSTERIOUS' },
    0,
    { verdict: 'pending', observed: 'RESTARTING' },
  ],
] as const)('where the work %s, the instance itself is read', async ([, quirks, ms, wanted]) => {
  const { dcs, look, paths, advance } = await restartedDcs()
  await look(ORDERS)
  advance(ms)
  await look(CATALOG)
  Object.assign(dcs.quirks, quirks)
  advance(2_000)
  expect(await look(LAB)).toMatchObject(wanted)
  expect(paths().slice(-2)).toEqual(['instances', `instances/${LAB}`])
})

test.for([
  [0, 'DescribeInstances by a list', 1],
  [2, 'DescribeInstances by a list, then by its id', 2],
  [999, 'DescribeInstances by a list, then by its id', 2],
] as const)('a cluster of EMR that is at work, and listed with %i, is read: %s', async ([listedStatus, , reads]) => {
  const { emr, clock, ask, advance } = await startEmr()
  await ask('StartStopServiceOrMonitor', order('RestartService', WAREHOUSE, ['YARN']))
  advance(1_000)
  const provider = tencentProvider(EMR, emr.credentials, { region: 'ap-guangzhou', endpoint: emr.url })
  const read = readerOf(provider, () => clock.ms)
  const look = (): Promise<Observation> =>
    observe(clusterIdle(GOALS.restarted), read, { clusterId: WAREHOUSE, services: [] }, 'RESTARTING SERVICE')
  await look()
  Object.assign(emr.quirks, { listedStatus })
  const before = emr.state.requests.length
  expect(await look()).toMatchObject({ verdict: 'pending', observed: 'RESTARTING SERVICE' })
  expect(emr.state.requests.length - before).toBe(reads)
})
