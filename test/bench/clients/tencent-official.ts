import { CommonClient } from 'tencentcloud-sdk-nodejs-common'
import { type Client, TENCENT } from './client.ts'

export const client: Client = (origin) => {
  const { secretId, secretKey, region, action, version, body } = TENCENT
  const { protocol, host } = new URL(origin)
  const sdk = new CommonClient(host, version, {
    credential: { secretId, secretKey },
    region,
    profile: { language: 'en-US', httpProfile: { protocol: `${protocol}//`, endpoint: host } },
  })
  return async () => {
    const { ClusterList } = await sdk.request(action, body)
    return ClusterList[0]?.Status
  }
}
