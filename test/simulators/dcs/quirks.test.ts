import { expect, test } from 'vitest'
import type { DcsQuirks } from '../../../lib/simulators/dcs/quirks.ts'
import { LAB, ORDERS, SESSIONS, type Sent, startDcs } from './client.ts'

const SWAP = `/instances/${ORDERS}/async-swap`
const restart = (...instances: string[]): Sent => ({ body: { instances, action: 'restart' } })

test('throttles in the documented words, with Retry-After only if asked', async () => {
  const { dcs, send } = await startDcs({ quirks: { throttle: 2, rateLimit: { limit: 0, seconds: 1 } } })
  const plain = await send('GET', '/tasks')
  dcs.quirks.retryAfterSeconds = 7
  const timed = await send('GET', '/tasks')
  expect([plain.headers.get('retry-after'), timed.headers.get('retry-after')]).toEqual([null, '7'])
  expect(await plain.json()).toEqual({
    error_code: 'APIGW.0308',
    error_msg: 'The throttling threshold has been reached: policy ip over ratelimit,limit:5,time:1 second',
    error_ext_msg: null,
    request_id: plain.headers.get('x-request-id'),
  })
})

test('takes 20 calls of an API a second unless a quirk says otherwise', async () => {
  const { send } = await startDcs()
  const answers = await Promise.all(Array.from({ length: 21 }, () => send('GET', '/tasks')))
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(1)
})

test.for<[DcsQuirks['nodeList'], unknown]>([
  ['whole', 2],
  ['half', 1],
  ['empty', 0],
  ['null', null],
])('lists nodes as the quirk says: %s', async ([nodeList, count]) => {
  const { ask } = await startDcs({ quirks: { nodeList } })
  const { nodes } = (await ask('GET', `/instances/${ORDERS}/logical-nodes`)).body as { nodes: unknown[] | null }
  expect(nodes === null ? null : nodes.length).toBe(count)
})

/** The states of the replicas of an instance, by its groups and by its nodes. */
async function replicasOf({ ask }: Awaited<ReturnType<typeof startDcs>>, id: string): Promise<string[]> {
  const { group_list } = (await ask('GET', `/instance/${id}/groups`)).body as {
    group_list: { replication_list: { replication_role: string; status: string }[] }[]
  }
  const { nodes } = (await ask('GET', `/instances/${id}/logical-nodes`)).body as {
    nodes: { node_type: string; status: string }[]
  }
  const listed = group_list.flatMap(({ replication_list }) => replication_list)
  const replicas = listed.filter(({ replication_role }) => replication_role === 'slave')
  return [...replicas, ...nodes.filter(({ node_type }) => node_type === 'slave')].map(({ status }) => status)
}

test.for<[string, string, (one: Awaited<ReturnType<typeof startDcs>>) => Promise<unknown>, number, string[]]>([
  ['after a swap', ORDERS, ({ ask }) => ask('PUT', SWAP), 6_000, ['Inactive', 'Inactive']],
  [
    'after a restart',
    ORDERS,
    ({ ask }) => ask('PUT', '/instances/status', restart(ORDERS)),
    6_000,
    ['Inactive', 'Inactive'],
  ],
  [
    'after a soft restart, which changes no master: never',
    ORDERS,
    ({ ask }) => ask('PUT', '/instances/status', { body: { instances: [ORDERS], action: 'soft_restart' } }),
    4_000,
    ['Active', 'Active'],
  ],
])('shows a replica Inactive while it is filled anew: %s', async ([, id, change, workMs, shown]) => {
  const started = await startDcs({ quirks: { replicaSyncMs: 30_000 } })
  const before = await replicasOf(started, id)
  await change(started)
  started.advance(workMs)
  const during = await replicasOf(started, id)
  started.advance(29_999)
  const still = await replicasOf(started, id)
  started.advance(1)
  const [active, after] = [['Active', 'Active'], await replicasOf(started, id)]
  expect([before, during, still, after]).toEqual([active, shown, shown, active])
})

test.for<[DcsQuirks['backupTimes'], string]>([
  ['iso', '2025-01-02T03:04:05.000Z'],
  ['plain', '2025-01-02 03:04:05'],
])('writes times of backups as the quirk says: %s', async ([backupTimes, time]) => {
  const { ask } = await startDcs({ quirks: { backupTimes } })
  await ask('POST', `/instances/${ORDERS}/backups`)
  const { body } = await ask('GET', `/instances/${ORDERS}/backups`, { query: { limit: '1' } })
  expect(body).toMatchObject({ backup_record_response: [{ created_at: time, updated_at: time, execution_at: time }] })
})

test.for<[DcsQuirks['jobIdForm'], RegExp, string]>([
  ['json', /^\{"job_id":"([0-9a-f]{32})",/, 'application/json'],
  ['json-string', /^"([0-9a-f]{32})"$/, 'application/json'],
  ['prefixed', /^job_id:([0-9a-f]{32})$/, 'text/plain;charset=utf-8'],
  ['bare', /^([0-9a-f]{32})$/, 'text/plain;charset=utf-8'],
])('gives the job id of a node start as %s', async ([jobIdForm, form, type]) => {
  const { ask, send } = await startDcs({ quirks: { jobIdForm } })
  const response = await send('PUT', `/instances/${LAB}/nodes/status`, { body: { action: 'start' } })
  const [, jobId] = form.exec(await response.text()) ?? []
  expect([response.headers.get('content-type'), (await ask('GET', `/jobs/${jobId}`)).status]).toEqual([type, 200])
})

test.for<[DcsQuirks['codeStyle'], string[]]>([
  ['dotted', ['DCS.4855', 'DCS.3022', 'APIGW.0101']],
  ['spaced', ['DCS. 4855', 'DCS. 3022', 'APIGW.0101']],
  ['legacy', ['DCS.4855', '111404022', 'APIGW.0101']],
])('spells codes %s, and always dotted in the log', async ([codeStyle, codes]) => {
  const { dcs, ask } = await startDcs({ quirks: { codeStyle } })
  const answers = [
    await ask('PUT', `/instances/${LAB}/async-swap`),
    await ask('GET', '/instances/11111111-2222-3333-4444-555555555555'),
    await ask('GET', '/nothing'),
  ]
  expect(answers.map(({ body }) => (body as { error_code: string }).error_code)).toEqual(codes)
  expect(dcs.requests.map(({ code }) => code)).toEqual(['DCS.4855', 'DCS.3022', 'APIGW.0101'])
})

test('answers busyWrites with the code that is set', async () => {
  const { ask } = await startDcs({ quirks: { busyWrites: 1, busyCode: 'DCS.4049' } })
  expect((await ask('PUT', SWAP)).body).toMatchObject({ error_code: 'DCS.4049' })
})

test.for<[string, Partial<DcsQuirks>, string, string | null, string]>([
  ['failing', { failingJobs: 1 }, 'FAIL', 'The job failed: node did not respond in time.', 'master'],
  ['lying', { lyingJobs: 1 }, 'SUCCESS', null, 'master'],
  ['honest', {}, 'SUCCESS', null, 'slave'],
])('ends a %s job', async ([, quirks, status, reason, role]) => {
  const { dcs, ask, advance } = await startDcs({ quirks })
  const { job_id } = (await ask('PUT', SWAP)).body as { job_id: string }
  advance(6_000)
  const job = (await ask('GET', `/jobs/${job_id}`)).body as { status: string; fail_reason: string | null }
  expect([job.status, job.fail_reason, dcs.state.instances[0]?.nodes[0]?.role]).toEqual([status, reason, role])
})

test('shows an unknown job status until the job ends, and loses as many jobs as asked', async () => {
  const { dcs, ask, advance } = await startDcs({ quirks: { jobStatus: 'PAUSED' } })
  const { job_id } = (await ask('PUT', SWAP)).body as { job_id: string }
  const job = async () => (await ask('GET', `/jobs/${job_id}`)).body as { status: string }
  const paused = await job()
  dcs.quirks.unknownJobs = 1
  const lost = await job()
  advance(6_000)
  expect([paused.status, lost, (await job()).status]).toEqual([
    'PAUSED',
    expect.objectContaining({ error_code: 'DCS.4070' }),
    'SUCCESS',
  ])
})

test.for<[string, Partial<DcsQuirks>, string, string[]]>([
  ['none', {}, 'restart', ['RESTARTING', 'RESTARTING', 'RESTARTING', 'RUNNING', 'RUNNING']],
  ['restartErrors', { restartErrors: 1 }, 'restart', ['RESTARTING', 'RESTARTING', 'RESTARTING', 'ERROR', 'ERROR']],
  [
    'workingStatus',
    { workingStatus: 'UPGRADING' },
    'restart',
    ['UPGRADING', 'UPGRADING', 'UPGRADING', 'RUNNING', 'RUNNING'],
  ],
  ['stoppedStatus', { stoppedStatus: 'POWEROFF' }, 'stop', ['CLOSING', 'CLOSING', 'CLOSING', 'POWEROFF', 'POWEROFF']],
  [
    'flappingStatus',
    { flappingStatus: true },
    'restart',
    ['RESTARTING', 'RUNNING', 'RESTARTING', 'RUNNING', 'RUNNING'],
  ],
])('shows the status of an instance under %s', async ([, quirks, action, expected]) => {
  const { ask, advance } = await startDcs({ quirks })
  await ask('PUT', '/instances/status', { body: { instances: [ORDERS], action } })
  const observed: string[] = []
  for (const step of [0, 1_000, 1_000, 4_000, 1_000]) {
    advance(step)
    observed.push(((await ask('GET', `/instances/${ORDERS}`)).body as { status: string }).status)
  }
  expect(observed).toEqual(expected)
})

test('starts an instance again whatever word it shows when stopped', async () => {
  const { ask, advance } = await startDcs({ quirks: { stoppedStatus: 'POWEROFF' } })
  await ask('PUT', '/instances/status', { body: { instances: [ORDERS], action: 'stop' } })
  advance(5_000)
  expect((await ask('PUT', '/instances/status', { body: { instances: [ORDERS], action: 'start' } })).status).toBe(200)
})

test('answers failed for the instances named, alone or among others', async () => {
  const { dcs, ask } = await startDcs({ quirks: { failedInstances: [ORDERS] } })
  const alone = await ask('PUT', '/instances/status', restart(ORDERS))
  const among = await ask('PUT', '/instances/status', restart(SESSIONS, ORDERS))
  const failed = { instance: ORDERS, result: 'failed' }
  expect([alone, among]).toEqual([
    { status: 200, body: { results: [failed] } },
    { status: 200, body: { results: [{ instance: SESSIONS, result: 'success' }, failed] } },
  ])
  expect(dcs.state.works.map(({ instanceId }) => instanceId)).toEqual([SESSIONS])
})

test('ends a backup in failed, which then allows no node stop', async () => {
  const { ask, advance } = await startDcs({ quirks: { failingBackups: 1 } })
  await ask('POST', `/instances/${SESSIONS}/backups`)
  advance(4_000)
  const { backup_record_response: records } = (await ask('GET', `/instances/${SESSIONS}/backups`)).body as {
    backup_record_response: { status: string; error_code: unknown }[]
  }
  const stop = await ask('PUT', `/instances/${SESSIONS}/nodes/status`, { body: { action: 'stop' } })
  expect([records[0], stop.status]).toMatchObject([{ status: 'failed', error_code: 'dcs.08.0001' }, 405])
})
