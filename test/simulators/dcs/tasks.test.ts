import { expect, test } from 'vitest'
import { SEED_INSTANCES } from '../../../lib/simulators/dcs/seeds.ts'
import { batch, CATALOG, jobOf, LAB, ORDERS, type Sent, START_MS, startDcs } from './client.ts'

interface Task {
  name: string
  job_id: string
  status: string
  created_at: string
  params: string
}

const ALL_LISTED = { unlistedTasks: [] }

type Started = Awaited<ReturnType<typeof startDcs>>

async function tasksOf({ ask }: Started, path = '/tasks', query: Record<string, string> = {}) {
  const { task_count, tasks } = (await ask('GET', path, { query })).body as { task_count: string; tasks: Task[] }
  return { task_count, tasks }
}

const HEIR = SEED_INSTANCES.find(({ id }) => id === CATALOG)?.nodes[1]
const FAILOVER = `/instance/${CATALOG}/groups/${HEIR?.group_id}/replications/${HEIR?.node_id}/async-switchover`

test.for<[string, string, string, Sent, string]>([
  [ORDERS, 'PUT', '/instances/status', batch('restart', ORDERS), 'restartDCSInstance'],
  [ORDERS, 'PUT', '/instances/status', batch('soft_restart', ORDERS), 'softRestartDCSInstance'],
  [ORDERS, 'PUT', '/instances/status', batch('flush', ORDERS), 'flushDCSInstance'],
  [ORDERS, 'PUT', '/instances/status', batch('stop', ORDERS), 'closeDCSInstance'],
  [ORDERS, 'PUT', `/instances/${ORDERS}/nodes/status`, { body: { action: 'stop' } }, 'stopDCSNode'],
  [ORDERS, 'PUT', `/instances/${ORDERS}/nodes/status`, { body: { action: 'start' } }, 'startDCSNode'],
  [ORDERS, 'PUT', `/instances/${ORDERS}/async-swap`, {}, 'masterStandbySwapJob'],
  [ORDERS, 'POST', `/instances/${ORDERS}/backups`, {}, 'backupDCSInstance'],
  [CATALOG, 'POST', FAILOVER, {}, 'masterStandbySwapJob'],
])('lists what was begun on %s by %s %s %j as %s', async ([id, method, path, sent, name]) => {
  const started = await startDcs({ quirks: ALL_LISTED })
  await started.ask('PUT', '/instances/status', batch('restart', LAB))
  const answer = (await started.ask(method, path, sent)).body as { job_id?: string }
  const { task_count, tasks } = await tasksOf(started)
  const [task] = tasks
  expect([task_count, task]).toMatchObject([
    '2',
    { name, status: 'CREATED', created_at: new Date(START_MS).toISOString(), error_code: null },
  ])
  expect(JSON.parse(task?.params ?? '')).toMatchObject({ instance_id: id })
  expect(task?.job_id).toBe(answer.job_id ?? started.dcs.state.works[1]?.jobId)
  expect((await tasksOf(started, `/instances/${id}/tasks`)).tasks).toEqual([task])
  started.advance(14_000)
  const job = (await started.ask('GET', `/jobs/${task?.job_id}`)).body as { job_type: string; status: string }
  expect([job.job_type, job.status, (await tasksOf(started)).tasks[0]?.status]).toEqual([name, 'SUCCESS', 'SUCCESS'])
})

test('lists the start of a stopped instance, and a restart that ended badly', async () => {
  const started = await startDcs({ quirks: { ...ALL_LISTED, restartErrors: 1 } })
  await started.ask('PUT', '/instances/status', batch('stop', LAB))
  await started.ask('PUT', '/instances/status', batch('restart', ORDERS))
  started.advance(6_000)
  await started.ask('PUT', '/instances/status', batch('start', LAB))
  expect((await tasksOf(started)).tasks).toMatchObject([
    { name: 'startDCSInstance', status: 'CREATED' },
    { name: 'restartDCSInstance', status: 'FAILED', error_code: 'DCS.4842' },
    { name: 'closeDCSInstance', status: 'SUCCESS' },
  ])
})

test('lists the newest task first, by page, time and instance', async () => {
  const started = await startDcs({ quirks: ALL_LISTED })
  const swap = await jobOf(started, `/instances/${ORDERS}/async-swap`)
  started.advance(60_000)
  const start = await jobOf(started, `/instances/${LAB}/nodes/status`, { body: { action: 'start' } })
  const list = async (path: string, query: Record<string, string> = {}) => {
    const { task_count, tasks } = await tasksOf(started, path, query)
    return [task_count, ...tasks.map(({ job_id }) => job_id)]
  }
  expect(await list('/tasks')).toEqual(['2', start, swap])
  expect(await list('/tasks', { offset: '1' })).toEqual(['2', swap])
  expect(await list('/tasks', { limit: '1' })).toEqual(['2', start])
  // To the second, both ends included: they began at 03:04:05 and 03:05:05.
  expect(await list('/tasks', { start_time: '20250102030505' })).toEqual(['1', start])
  expect(await list('/tasks', { start_time: '20250102030506' })).toEqual(['0'])
  expect(await list('/tasks', { end_time: '20250102030405' })).toEqual(['1', swap])
  expect(await list('/tasks', { start_time: '20250102030406', end_time: '20250102030504' })).toEqual(['0'])
  expect(await list(`/instances/${ORDERS}/tasks`)).toEqual(['1', swap])
})

test('lists a swap, and nothing else unless a quirk says otherwise', async () => {
  const started = await startDcs()
  await started.ask('PUT', '/instances/status', batch('restart', LAB))
  await started.ask('PUT', `/instances/${ORDERS}/async-swap`)
  expect((await tasksOf(started)).tasks.map(({ name }) => name)).toEqual(['masterStandbySwapJob'])
})

test('lists work in the words of tasks, and what has ended as DELETED where the quirk says so', async () => {
  const started = await startDcs()
  await started.ask('PUT', `/instances/${ORDERS}/async-swap`)
  const status = async () => (await tasksOf(started)).tasks[0]?.status
  const observed = [await status()]
  started.advance(2_000)
  observed.push(await status())
  started.advance(14_000)
  observed.push(await status())
  started.dcs.quirks.deletedTasks = true
  expect([...observed, await status()]).toEqual(['CREATED', 'EXECUTING', 'SUCCESS', 'DELETED'])
})

test('leaves out the kinds of work that the quirk names, though they run', async () => {
  const started = await startDcs({ quirks: { unlistedTasks: ['restart'] } })
  await started.ask('PUT', '/instances/status', batch('restart', LAB))
  const swap = await jobOf(started, `/instances/${ORDERS}/async-swap`)
  const { task_count, tasks } = await tasksOf(started)
  expect([task_count, tasks.map(({ job_id }) => job_id)]).toEqual(['1', [swap]])
  expect((await tasksOf(started, `/instances/${LAB}/tasks`)).task_count).toBe('0')
  expect(started.dcs.state.works.map(({ kind }) => kind)).toEqual(['restart', 'swap'])
})
