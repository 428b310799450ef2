import { expect, onTestFinished, test } from 'vitest'
import { createCall } from '../../lib/cloud/call.ts'
import { huaweiProvider } from '../../lib/cloud/huawei/provider.ts'
import type { Provider } from '../../lib/cloud/provider.ts'
import { createSend } from '../../lib/cloud/send.ts'
import { tencentProvider } from '../../lib/cloud/tencent/provider.ts'
import { listFleet as dcsFleet } from '../../lib/services/dcs/fleet.ts'
import { DCS } from '../../lib/services/dcs/service.ts'
import { listFleet as emrFleet } from '../../lib/services/emr/fleet.ts'
import { EMR } from '../../lib/services/emr/service.ts'
import { readFleet } from '../../lib/services/fleet.ts'
import type { Read } from '../../lib/services/tracking.ts'
import { batch, ORDERS, startDcs } from './dcs/client.ts'
import { startEmr, WAREHOUSE } from './emr/client.ts'

/** The strict simulators take the lists of all resources of a service. */

function readerOf(provider: Provider, nowMs: () => number): Read {
  const send = createSend()
  onTestFinished(() => send.close())
  const call = createCall({ send, provider: () => provider, nowMs, random: () => 0, sleep: async () => {} })
  return (operation, input) => call(operation, input, { region: 'r', deadlineAtMs: nowMs() + 20_000 })
}

test('all instances of DCS, of which one restarts', async () => {
  const { dcs, clock, ask } = await startDcs()
  await ask('PUT', '/instances/status', batch('restart', ORDERS))
  const { ak: accessKey, sk: secretKey, projectId } = dcs.credentials
  const where = { region: 'cn-north-4', endpoint: dcs.url }
  const provider = huaweiProvider(DCS, { accessKey, secretKey, projectId }, where)
  const members = await readFleet(
    readerOf(provider, () => clock.ms),
    dcsFleet,
  )
  const ids = dcs.state.instances.map(({ instance_id }) => instance_id)
  expect(members.map(({ resource }) => resource)).toEqual(ids.map((id) => `huawei/dcs/${id}`))
  const broken = members.filter(({ isHealthy }) => !isHealthy).map(({ resource }) => resource)
  expect(broken).toContain(`huawei/dcs/${ORDERS}`)
  expect(broken.length).toBeLessThan(members.length)
})

test('all clusters of EMR', async () => {
  const { emr, clock } = await startEmr()
  const provider = tencentProvider(EMR, emr.credentials, { region: 'ap-guangzhou', endpoint: emr.url })
  const members = await readFleet(
    readerOf(provider, () => clock.ms),
    emrFleet,
  )
  expect(members).toContainEqual({ resource: `tencent/emr/${WAREHOUSE}`, isHealthy: true })
})
