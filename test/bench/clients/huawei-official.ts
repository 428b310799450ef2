import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'
import { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js'
import { DefaultHttpClient } from '@huaweicloud/huaweicloud-sdk-core/http/DefaultHttpClient.js'
import type { SdkResponse } from '@huaweicloud/huaweicloud-sdk-core/SdkResponse.js'
import { type Client, HUAWEI } from './client.ts'

/** As its ClientBuilder makes it, which does not load: it asks for a package that its core does not declare. */
export const client: Client = (origin) => {
  const { accessKey, secretKey, projectId, jobId } = HUAWEI
  const credentials = new BasicCredentials().withAk(accessKey).withSk(secretKey).withProjectId(projectId)
  const http = new DefaultHttpClient({ disableSslVerification: true, headers: {} }, [origin])
  const sdk = new HcClient(http).withCredential(credentials).withEndpoints([origin])
  return async () => {
    const { status } = await sdk.sendRequest<SdkResponse & { status?: string }>({
      method: 'GET',
      url: '/v2/{project_id}/jobs/{job_id}',
      contentType: 'application/json',
      queryParams: {},
      pathParams: { job_id: jobId },
      headers: {},
    })
    return status
  }
}
