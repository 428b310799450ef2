import { barePool } from './bare-pool.ts'
import { type Client, HUAWEI } from './client.ts'

/** The floor: a request and its answer by undici's `dispatch()`, unsigned. */
export const client: Client = (origin) => {
  const pool = barePool(origin)
  const path = `/v2/${HUAWEI.projectId}/jobs/${HUAWEI.jobId}`
  const headers = { 'content-type': 'application/json', 'x-project-id': HUAWEI.projectId }
  return () =>
    new Promise((resolve, reject) => {
      let text = ''
      pool.dispatch(
        { method: 'GET', path, headers },
        {
          onRequestStart: () => {},
          onResponseStart: () => {},
          onResponseData: (_controller, chunk) => {
            text += chunk.toString('utf8')
          },
          onResponseEnd: () => resolve(JSON.parse(text).status),
          onResponseError: (_controller, error) => reject(error),
        },
      )
    })
}
