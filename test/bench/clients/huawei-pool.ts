import { createHmac, createSecretKey, hash } from 'node:crypto'
import { barePool } from './bare-pool.ts'
import { type Client, HUAWEI } from './client.ts'

/** What one would write by hand: undici's `request()` and the least that signs it. No checks, no retry, no limiter. */
export const client: Client = (origin) => {
  const { accessKey, secretKey, projectId, jobId } = HUAWEI
  const pool = barePool(origin)
  const { host } = new URL(origin)
  const key = createSecretKey(secretKey, 'utf8')
  const path = `/v2/${projectId}/jobs/${jobId}`
  const names = 'content-type;host;x-project-id;x-sdk-date'
  return async () => {
    const date = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
    const lines = `content-type:application/json\nhost:${host}\nx-project-id:${projectId}\nx-sdk-date:${date}\n`
    const canonical = `GET\n${path}/\n\n${lines}\n${names}\n${hash('sha256', '')}`
    const toSign = `SDK-HMAC-SHA256\n${date}\n${hash('sha256', canonical)}`
    const signature = createHmac('sha256', key).update(toSign).digest('hex')
    const headers = {
      'content-type': 'application/json',
      'x-project-id': projectId,
      'x-sdk-date': date,
      authorization: `SDK-HMAC-SHA256 Access=${accessKey}, SignedHeaders=${names}, Signature=${signature}`,
    }
    const { body } = await pool.request({ method: 'GET', path, headers })
    const { status } = (await body.json()) as { status?: string } // the server's answer
    return status
  }
}
