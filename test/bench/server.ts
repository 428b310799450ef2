import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { Certificate } from './certificate.ts'
import { answer } from './child.ts'

/**
 * A process that plays both clouds, since CPU is measured of clients alone: answers of one size, to a Huawei Cloud job
 * query (GET) and to a Tencent Cloud cluster query (POST).
 */
const ANSWER_BYTES = 320

const JOB = {
  job_id: '8abfa7aa88ad5aa50188aef7ec0936d1',
  job_type: 'masterStandbySwapJob',
  status: 'SUCCESS',
  begin_time: '1684191545379',
  end_time: '1684191605112',
  fail_reason: null,
}
const CLUSTER = {
  Id: 1_016_312,
  ClusterId: 'emr-4zvc5mul',
  ClusterName: 'reports',
  ZoneId: 100_003,
  Status: 2,
  StatusDesc: 'running',
  RegionId: 1,
  AlarmInfo: '',
  AddTime: '2025-01-02 03:04:05',
}
const CLUSTERS = {
  Response: { TotalCnt: 1, ClusterList: [CLUSTER], RequestId: '5a3c1f0e-7d52-4a86-9f6b-2f1d8f0f6f11' },
}

const [job, clusters] = [JOB, CLUSTERS].map((body) => JSON.stringify(body).padEnd(ANSWER_BYTES))

const respond: RequestListener = (request, response) => {
  request.resume()
  request.on('end', () => {
    response.setHeader('content-type', 'application/json')
    response.setHeader('content-length', ANSWER_BYTES)
    response.setHeader('x-request-id', '5a3c1f0e7d524a869f6b2f1d8f0f6f11')
    response.end(request.method === 'GET' ? job : clusters)
  })
}

export interface Origins {
  http: string
  https: string | undefined
}

answer(async ({ certificate }: { certificate: Certificate | undefined }): Promise<Origins> => {
  const options = { keepAliveTimeout: 120_000 }
  const https = certificate && createSecureServer({ ...options, ...certificate }, respond)
  return {
    http: `http://127.0.0.1:${await portOf(createServer(options, respond))}`,
    https: https && `https://127.0.0.1:${await portOf(https)}`,
  }
})

function portOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)) // it listens on TCP
  })
}
