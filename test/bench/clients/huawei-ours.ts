import { huaweiProvider } from '../../../lib/cloud/huawei/provider.ts'
import { showJob } from '../../../lib/services/dcs/reads.ts'
import { DCS } from '../../../lib/services/dcs/service.ts'
import { type Client, HUAWEI } from './client.ts'
import { CALL_MS, ourCall, PER_SECOND } from './our-call.ts'

export const client: Client = (endpoint) => {
  const { region, jobId } = HUAWEI
  const call = ourCall(huaweiProvider(DCS, HUAWEI, { region, endpoint, perSecond: PER_SECOND }))
  return async () => {
    const { status } = await call(showJob, { jobId }, { region, deadlineAtMs: Date.now() + CALL_MS })
    return status
  }
}
