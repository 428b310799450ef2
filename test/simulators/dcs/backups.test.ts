import { expect, test } from 'vitest'
import { batch, CATALOG, errorOf, LAB, ORDERS, SESSIONS, START_MS, startDcs } from './client.ts'

type Started = Awaited<ReturnType<typeof startDcs>>

async function recordsOf({ ask }: Started, id: string, query: Record<string, string> = {}) {
  const { body } = await ask('GET', `/instances/${id}/backups`, { query })
  return body as { total_num: number; backup_record_response: Record<string, unknown>[] }
}

test('shows a record as documented, with the remark as it was sent', async () => {
  const started = await startDcs()
  const sent = { body: { remark: `缓存 "a" ${'x'.repeat(121)}`, backup_format: 'aof' } }
  const { status, body } = await started.ask('POST', `/instances/${SESSIONS}/backups`, sent)
  const { backup_id } = body as { backup_id: string }
  started.advance(4_000)
  const [record] = (await recordsOf(started, SESSIONS)).backup_record_response
  expect([sent.body.remark.length, status, body]).toEqual([
    128,
    200,
    { backup_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) },
  ])
  expect(record).toEqual({
    backup_id,
    backup_name: `backup_${START_MS}`,
    instance_id: SESSIONS,
    period: null,
    size: 178,
    backup_type: 'manual',
    backup_format: 'aof',
    created_at: '2025-01-02T03:04:05.000Z',
    updated_at: '2025-01-02T03:04:09.000Z',
    execution_at: '2025-01-02T03:04:05.000Z',
    progress: '100.00',
    error_code: {},
    remark: sent.body.remark,
    status: 'succeed',
    is_support_restore: 'TRUE',
  })
})

test('lists the newest backup first, by page and time', async () => {
  const started = await startDcs()
  await started.ask('POST', `/instances/${ORDERS}/backups`)
  const list = async (query: Record<string, string> = {}) => {
    const { total_num, backup_record_response } = await recordsOf(started, ORDERS, query)
    return [total_num, ...backup_record_response.map(({ created_at }) => created_at)]
  }
  const [now, hours6, hours30] = ['2025-01-02T03:04:05.000Z', '2025-01-01T20:54:05.000Z', '2024-12-31T20:54:05.000Z']
  expect(await list()).toEqual([3, now, hours6, hours30])
  expect(await list({ offset: '1', limit: '1' })).toEqual([3, hours6])
  expect(await list({ begin_time: '20250101205405' })).toEqual([2, now, hours6])
  expect(await list({ begin_time: '20250101205406' })).toEqual([1, now])
  expect(await list({ begin_time: '20241231205405', end_time: '20250101205405' })).toEqual([2, hours6, hours30])
})

test('shows an instance as running with the task BACKUPING until the backup ends', async () => {
  const { ask, advance } = await startDcs()
  const observe = async () => {
    const { status, task } = (await ask('GET', `/instances/${CATALOG}`)).body as Record<string, unknown>
    return [status, task]
  }
  await ask('POST', `/instances/${CATALOG}/backups`)
  const first = await observe()
  advance(3_999)
  const last = await observe()
  advance(1)
  expect([first, last, await observe()]).toEqual([
    ['RUNNING', 'BACKUPING'],
    ['RUNNING', 'BACKUPING'],
    ['RUNNING', null],
  ])
})

test('is not made of a stopped instance', async () => {
  const started = await startDcs()
  await started.ask('PUT', '/instances/status', batch('stop', ORDERS))
  started.advance(5_000)
  expect(await started.ask('POST', `/instances/${ORDERS}/backups`)).toEqual({ status: 400, body: errorOf('DCS.4026') })
  expect((await recordsOf(started, ORDERS)).total_num).toBe(2)
})

test.for<[string, number, number]>([
  [ORDERS, 18 * 3_600_000 - 1, 200],
  [ORDERS, 18 * 3_600_000, 405],
  [LAB, 0, 200],
])('decides over a node stop of %s after %i ms by the end of the newest good backup', async ([id, ms, expected]) => {
  const { dcs, ask, advance } = await startDcs()
  advance(ms)
  const { status } = await ask('PUT', `/instances/${id}/nodes/status`, { body: { action: 'stop' } })
  expect([status, dcs.state.works.length]).toEqual([expected, expected === 200 ? 1 : 0])
})
