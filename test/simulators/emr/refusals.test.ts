import { request } from 'node:http'
import { expect, test } from 'vitest'
import { errorOf, LAB, order, type Sent, startEmr, WAREHOUSE } from './client.ts'

const LIST = { DisplayStrategy: 'clusterList' }
const STOP = order('StopService', WAREHOUSE, ['HDFS'])

const envelopes: [string, Sent, string, string][] = [
  ['another version', { version: '2020-01-01' }, 'NoSuchVersion', '2020-01-01'],
  ['no version', { headers: { 'x-tc-version': undefined } }, 'MissingParameter', 'Version'],
  ['no region', { headers: { 'x-tc-region': undefined } }, 'MissingParameter', 'Region'],
  ['no region, but an empty one', { region: '' }, 'MissingParameter', 'Region'],
  ['no action', { headers: { 'x-tc-action': undefined } }, 'MissingParameter', 'Action'],
  ['no timestamp', { headers: { 'x-tc-timestamp': undefined } }, 'MissingParameter', 'Timestamp'],
  ['a malformed region', { region: 'Guangzhou' }, 'UnsupportedRegion', 'Guangzhou'],
  ['a cluster of another region', { region: 'ap-beijing' }, 'ResourceNotFound.InstanceNotFound', 'ap-beijing'],
  ['a GET', { method: 'GET' }, 'UnsupportedProtocol', 'POST'],
  ['a PUT', { method: 'PUT' }, 'UnsupportedProtocol', 'POST'],
  ['a form', { contentType: 'application/x-www-form-urlencoded' }, 'UnsupportedProtocol', 'urlencoded'],
  ['multipart', { contentType: 'multipart/form-data; boundary=x' }, 'UnsupportedProtocol', 'multipart'],
  ['another path', { path: '/v2' }, 'InvalidRequest', 'path'],
  ['a query', { path: '/?Action=x' }, 'InvalidRequest', 'path'],
  ['a body that is not JSON', { rawBody: 'InstanceId=x' }, 'InvalidParameter', 'JSON object'],
  ['no body', { rawBody: '' }, 'InvalidParameter', 'JSON object'],
  ['a body over 10 MB', { rawBody: Buffer.alloc(10 * 1024 * 1024 + 1) }, 'RequestSizeLimitExceeded', '10 MB'],
]

test.for(envelopes)('refuses %s with HTTP 200', async ([, sent, code, detail]) => {
  const { emr, send } = await startEmr()
  const response = await send('StartStopServiceOrMonitor', STOP, sent)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
  expect(await response.json()).toEqual({
    Response: {
      Error: { Code: code, Message: expect.stringContaining(detail) },
      RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    },
  })
  expect([emr.state.works, emr.requests.map((line) => line.code)]).toEqual([[], [code]])
})

test('takes a body of 10 MB as far as its parameters', async () => {
  const { ask } = await startEmr()
  const rawBody = JSON.stringify(LIST).padEnd(10 * 1024 * 1024)
  expect(await ask('DescribeInstances', LIST, { rawBody })).toMatchObject({ TotalCnt: 3 })
})

test.for(['StartService', 'StopService', 'RestartService', 'StartMonitor', 'StopMonitor'])(
  'refuses every operation while %s is under way, whether that shows yet or not',
  async (op) => {
    const { emr, operate, advance } = await startEmr()
    await operate(op, WAREHOUSE, ['HDFS'])
    const early = await operate('StopMonitor', WAREHOUSE, ['YARN'])
    advance(1_000)
    const late = await operate('StopMonitor', WAREHOUSE, ['YARN'])
    const elsewhere = await operate('StopMonitor', LAB, ['HDFS'])
    advance(10_000)
    const after = await operate('StopMonitor', WAREHOUSE, ['YARN'])
    const busy = errorOf('ResourceInUse.InstanceInProcess')
    expect([early, late, elsewhere, after, emr.state.works.length]).toEqual([busy, busy, {}, {}, 3])
  },
)

test.for([3, 7, 23, 302])('refuses operations on a cluster in status %i', async (status) => {
  const services = { HDFS: { NameNode: ['10.0.0.1'] } }
  const { operate } = await startEmr({ clusters: [{ id: 'emr-0000test', name: 'test', status, services }] })
  expect(await operate('StopService', 'emr-0000test', ['HDFS'])).toEqual(errorOf('ResourceInUse.InstanceInProcess'))
})

test('survives an absolute target', async () => {
  const { emr } = await startEmr()
  const status = await new Promise((resolve, reject) => {
    request(emr.url, { method: 'POST', path: 'http://elsewhere/' }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end()
  })
  expect(status).toBe(200)
})
