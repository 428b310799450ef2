import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'
import { ClientRequestException } from '@huaweicloud/huaweicloud-sdk-core/exception/ClientRequestException.js'
import { ServerResponseException } from '@huaweicloud/huaweicloud-sdk-core/exception/ServerResponseException.js'
import { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js'
import { DefaultHttpClient } from '@huaweicloud/huaweicloud-sdk-core/http/DefaultHttpClient.js'
import { type Logger, LogLevel } from '@huaweicloud/huaweicloud-sdk-core/logger/index.js'
import { expect, onTestFinished, test } from 'vitest'
import type { DcsQuirks } from '../../lib/simulators/dcs/quirks.ts'
import { SEED_INSTANCES } from '../../lib/simulators/dcs/seeds.ts'
import { startSimulatedDcs } from '../../lib/simulators/dcs.ts'
import { CATALOG, LAB, ORDERS, SESSIONS } from './dcs/client.ts'

interface Call {
  query?: Record<string, string | number>
  data?: Record<string, unknown>
  token?: string
  sk?: string
}

/** Longer than any work, and far below 15 minutes, when a signature expires: the SDK signs by the real clock. */
const WORK_MS = 60_000

/** The SDK would print every refused request to the console, with its signed headers. */
const SILENT: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
}

/** The simulator and the official client, which shares no code with ours. */
async function startOfficial(quirks: Partial<DcsQuirks> = {}) {
  const moved = { ms: 0 }
  const dcs = await startSimulatedDcs({ quirks, now: () => Date.now() + moved.ms })
  onTestFinished(() => dcs.close())
  const { ak, projectId } = dcs.credentials
  const call = async (
    method: string,
    path: string,
    { query = {}, data, token, sk = dcs.credentials.sk }: Call = {},
  ) => {
    const credentials = new BasicCredentials().withProjectId(projectId).withAk(ak).withSk(sk)
    if (token !== undefined) credentials.withSecurityToken(token)
    // Not by ClientBuilder: it needs `uuid`, which the package does not declare.
    const client = new HcClient(new DefaultHttpClient({ logger: SILENT }, [dcs.url]))
    const answer = await client
      .withEndpoints([dcs.url])
      .withCredential(credentials)
      .sendRequest({
        method,
        url: `/v2/{project_id}${path}`,
        contentType: 'application/json',
        pathParams: { project_id: projectId },
        queryParams: query,
        headers: {},
        ...(data === undefined ? {} : { data }),
      })
    return answer as unknown as Record<string, unknown> // the SDK types its answers by their status alone
  }
  return { dcs, call, workEnds: () => (moved.ms += WORK_MS) }
}

test('reads instances, nodes, shards and tasks', async () => {
  const { call } = await startOfficial()
  expect([
    await call('GET', '/instances', { query: { limit: 2, name: 's-c' } }),
    await call('GET', `/instances/${LAB}`),
    await call('GET', `/instances/${CATALOG}/logical-nodes`),
    await call('GET', `/instance/${CATALOG}/groups`),
    await call('GET', '/tasks', { query: { start_time: '20250102030405', limit: 50, offset: 0 } }),
  ]).toMatchObject([
    { httpStatusCode: 200, instance_num: 2, instances: [{ name: 'orders-cache' }, { name: 'accounts-cache' }] },
    { httpStatusCode: 200, instance_id: LAB, cache_mode: 'single', status: 'RUNNING', task: null },
    { httpStatusCode: 200, instance_id: CATALOG, total: 6 },
    { httpStatusCode: 200, group_count: 3 },
    { httpStatusCode: 200, task_count: '0', tasks: [] },
  ])
})

test('restarts several instances and sees them through', async () => {
  const { dcs, call, workEnds } = await startOfficial()
  const statuses = async () => {
    const { instances } = await call('GET', '/instances')
    return (instances as { status: string }[]).map(({ status }) => status)
  }
  const answer = await call('PUT', '/instances/status', { data: { instances: [ORDERS, LAB], action: 'restart' } })
  const meanwhile = await statuses()
  workEnds()
  expect([answer, meanwhile, await statuses()]).toMatchObject([
    {
      httpStatusCode: 200,
      results: [
        { instance: ORDERS, result: 'success' },
        { instance: LAB, result: 'success' },
      ],
    },
    ['RESTARTING', 'RUNNING', 'RUNNING', 'RESTARTING'],
    ['RUNNING', 'RUNNING', 'RUNNING', 'RUNNING'],
  ])
  expect(dcs.requests.filter(({ method }) => method === 'PUT').length).toBe(1)
})

const [, REPLICA] = SEED_INSTANCES.find(({ id }) => id === CATALOG)?.nodes ?? []

test.for<[string, string, string]>([
  ['swap', 'PUT', `/instances/${ORDERS}/async-swap`],
  [
    'shard failover',
    'POST',
    `/instance/${CATALOG}/groups/${REPLICA?.group_id}/replications/${REPLICA?.node_id}/async-switchover`,
  ],
])('follows the job of a %s to its end', async ([, method, path]) => {
  const { call, workEnds } = await startOfficial()
  const { job_id } = await call(method, path)
  const begun = await call('GET', `/jobs/${job_id}`)
  workEnds()
  const job = { httpStatusCode: 200, job_id, job_type: 'masterStandbySwapJob' }
  expect([begun, await call('GET', `/jobs/${job_id}`)]).toMatchObject([
    { ...job, status: 'INIT', end_time: null },
    { ...job, status: 'SUCCESS', fail_reason: null },
  ])
})

test('makes a backup, lists it, and may then stop the nodes', async () => {
  const { call, workEnds } = await startOfficial()
  const stop = () => call('PUT', `/instances/${SESSIONS}/nodes/status`, { data: { action: 'stop' } })
  await expect(stop()).rejects.toMatchObject({ httpStatusCode: 405, errorCode: 'DCS.2001' })
  const data = { remark: '停机 – before', backup_format: 'rdb' }
  const { backup_id } = await call('POST', `/instances/${SESSIONS}/backups`, { data })
  workEnds()
  expect([await call('GET', `/instances/${SESSIONS}/backups`, { query: { limit: 1 } }), await stop()]).toMatchObject([
    { total_num: 2, backup_record_response: [{ backup_id, status: 'succeed', remark: data.remark, error_code: {} }] },
    { httpStatusCode: 200, job_id: expect.stringMatching(/^[0-9a-f]{32}$/) },
  ])
})

test('reads 204 where there is no backup', async () => {
  const { call } = await startOfficial()
  expect(await call('GET', `/instances/${LAB}/backups`)).toEqual({ httpStatusCode: 204 })
})

test('gets nothing but the status of a node start that is answered in text', async () => {
  const { dcs, call } = await startOfficial({ jobIdForm: 'prefixed' })
  expect(await call('PUT', `/instances/${LAB}/nodes/status`, { data: { action: 'start' } })).toEqual({
    httpStatusCode: 200,
  })
  expect(dcs.state.works).toMatchObject([{ kind: 'nodeStart', instanceId: LAB }])
})

const refusals: [string, Partial<DcsQuirks>, string, Call, typeof ClientRequestException, number, string][] = [
  ['an unsupported swap', {}, `/instances/${LAB}/async-swap`, {}, ClientRequestException, 400, 'DCS.4855'],
  ['a legacy code', { codeStyle: 'legacy' }, '/instances/status', {}, ClientRequestException, 400, '111400004'],
  ['a wrong secret', {}, '/instances/status', { sk: 'other' }, ClientRequestException, 401, 'APIGW.0301'],
  ['throttling', { throttle: 1 }, '/instances/status', {}, ClientRequestException, 429, 'APIGW.0308'],
  ['an error inside', { serverErrorBefore: 1 }, '/instances/status', {}, ServerResponseException, 500, 'DCS.5000'],
]

test.for(refusals)('raises %s as the exception of its class', async ([, quirks, path, sent, kind, status, code]) => {
  const { dcs, call } = await startOfficial(quirks)
  const error = await call('PUT', path, sent).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(kind)
  expect(error).toMatchObject({
    httpStatusCode: status,
    errorCode: code,
    errorMsg: expect.stringMatching(/./),
    requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
  expect([dcs.requests.length, dcs.state.works]).toEqual([1, []])
})

test('is let in by temporary credentials only with their token', async () => {
  const { dcs, call } = await startOfficial({ securityToken: 'TemporaryToken+/==' })
  const swap = (token?: string) => call('PUT', `/instances/${ORDERS}/async-swap`, token === undefined ? {} : { token })
  const denied = { httpStatusCode: 401, errorCode: 'APIGW.0301' }
  await expect(swap()).rejects.toMatchObject(denied)
  await expect(swap('TemporaryToken')).rejects.toMatchObject(denied)
  expect(dcs.state.works).toEqual([])
  expect(await swap('TemporaryToken+/==')).toMatchObject({ httpStatusCode: 200 })
  expect(dcs.state.works.length).toBe(1)
})
