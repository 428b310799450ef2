import { Agent } from 'node:http'
import { CommonClient } from 'tencentcloud-sdk-nodejs-common'
import { expect, onTestFinished, test } from 'vitest'
import { type EmrOptions, type SimulatedEmr, startSimulatedEmr } from '../../../lib/simulators/emr.ts'
import { order, REQUEST_ID, WAREHOUSE } from './client.ts'

const LIST = { DisplayStrategy: 'clusterList', ProjectId: -1 }

/** By the real clock: the SDK has no other. */
async function start(options: EmrOptions = {}): Promise<SimulatedEmr> {
  const emr = await startSimulatedEmr(options)
  onTestFinished(() => emr.close())
  return emr
}

function clientOf({ url, credentials }: SimulatedEmr, changed: object = {}, language?: 'zh-CN') {
  // Without an agent of its own, the SDK would use `http_proxy` of the environment, even for 127.0.0.1.
  const httpProfile = { protocol: 'http://', endpoint: new URL(url).host, agent: new Agent() }
  return new CommonClient('emr.tencentcloudapi.com', '2019-01-03', {
    credential: { ...credentials, ...changed },
    region: 'ap-guangzhou',
    profile: { httpProfile, ...(language && { language }) },
  })
}

test('answers the official SDK on every action', async () => {
  const emr = await start()
  const client = clientOf(emr)
  const listed = await client.request('DescribeInstances', LIST)
  const shown = await client.request('DescribeServiceNodeInfos', { InstanceId: WAREHOUSE, ServiceName: 'YARN' })
  const done = await client.request('StartStopServiceOrMonitor', order('StopMonitor', WAREHOUSE, ['YARN']))
  expect([listed, shown, done]).toMatchObject([
    { TotalCnt: 4, RequestId: REQUEST_ID },
    { TotalCnt: 5, RequestId: REQUEST_ID },
    { RequestId: REQUEST_ID },
  ])
  expect(emr.state.works).toMatchObject([{ op: 'StopMonitor', clusterId: WAREHOUSE }])
})

test.for<[string, object, object, string]>([
  ['a business error', {}, order('StopService', 'emr-00000000', ['HDFS']), 'ResourceNotFound.InstanceNotFound'],
  ['a forged signature', { secretKey: 'other' }, {}, 'AuthFailure.SignatureFailure'],
  ['a token nobody issued', { token: 't' }, {}, 'AuthFailure.TokenFailure'],
])('makes the official SDK throw its exception: %s', async ([, changed, body, code]) => {
  const client = clientOf(await start(), changed)
  const thrown = await client.request('StartStopServiceOrMonitor', body).catch((error: unknown) => error)
  expect(thrown?.constructor.name).toBe('TencentCloudSDKHttpException')
  expect(thrown).toMatchObject({ code, requestId: REQUEST_ID, traceId: REQUEST_ID, message: expect.any(String) })
})

test('makes the official SDK throw on a bad gateway', async () => {
  const client = clientOf(await start({ quirks: { badGatewayBefore: 1 } }))
  await expect(client.request('DescribeInstances', LIST)).rejects.toMatchObject({ httpCode: 502 })
})

test('speaks the language that the official SDK asks for', async () => {
  const client = clientOf(await start(), {}, 'zh-CN')
  await expect(client.request('Nothing', {})).rejects.toMatchObject({ message: '接口不存在。 `Nothing`' })
})

test('takes the token of temporary credentials from the official SDK', async () => {
  const client = clientOf(await start({ quirks: { token: 'temporary' } }), { token: 'temporary' })
  expect(await client.request('DescribeInstances', LIST)).toMatchObject({ TotalCnt: 4 })
})
