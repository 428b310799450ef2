import * as z from 'zod/mini'
import { operation } from '../../../lib/cloud/operation.ts'
import { tencentProvider } from '../../../lib/cloud/tencent/provider.ts'
import { EMR } from '../../../lib/services/emr/service.ts'
import { type Client, TENCENT } from './client.ts'
import { CALL_MS, ourCall, PER_SECOND } from './our-call.ts'

const showCluster = operation({
  name: 'emr.cluster.show',
  service: EMR,
  api: TENCENT.action,
  docs: 'https://cloud.tencent.com/document/api/589/34266',
  effect: 'read',
  input: z.strictObject({ instanceId: z.string().check(z.regex(/^emr-[0-9a-z]{8}$/)) }),
  output: z.object({ ClusterList: z.array(z.object({ ClusterId: z.string(), Status: z.number() })) }),
  request: ({ instanceId }) => ({ method: 'POST', path: '/', body: { ...TENCENT.body, InstanceIds: [instanceId] } }),
})

export const client: Client = (endpoint) => {
  const { region } = TENCENT
  const call = ourCall(tencentProvider(EMR, TENCENT, { region, endpoint, perSecond: PER_SECOND }))
  return async () => {
    const input = { instanceId: 'emr-4zvc5mul' }
    const { ClusterList } = await call(showCluster, input, { region, deadlineAtMs: Date.now() + CALL_MS })
    return ClusterList[0]?.Status
  }
}
