import { describe, expect, test } from 'vitest'
import { CloudError } from '../../../../lib/cloud/errors.ts'
import { answerReader } from '../../../../lib/cloud/huawei/errors.ts'
import { readTaskList } from '../../../../lib/services/dcs/evidence/task-lists.ts'
import { listInstanceTasks, listTasks, type Tasks } from '../../../../lib/services/dcs/evidence/tasks.ts'
import { DCS } from '../../../../lib/services/dcs/service.ts'

const readAnswer = answerReader(DCS.errors)

const I = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const SINCE = Date.parse('2026-03-02T01:02:03.999Z')

test('the task center is asked for 100 since an instant, from a row on', () => {
  expect(listTasks.request({ sinceMs: SINCE, offset: 200 })).toEqual({
    method: 'GET',
    path: '/v2/{project_id}/tasks',
    query: { start_time: '20260302010203', offset: '200', limit: '100' },
  })
})

test('the tasks of an instance are asked for alike', () => {
  expect(listInstanceTasks.request({ instanceId: I, sinceMs: SINCE, offset: 200 })).toEqual({
    method: 'GET',
    path: `/v2/{project_id}/instances/${I}/tasks`,
    query: { start_time: '20260302010203', offset: '200', limit: '100' },
  })
})

test.for([
  [listTasks, { sinceMs: 0.5, offset: 0 }],
  [listTasks, {}],
  [listTasks, { sinceMs: 0, offset: 0, instanceId: I }],
  [listInstanceTasks, { sinceMs: 0, offset: 0 }],
  [listInstanceTasks, { sinceMs: 0, offset: 0, instanceId: '../x' }],
] as const)('%# refuses %j', ([operation, input]) => {
  expect(operation.input.safeParse(input).success).toBe(false)
})

test('both are reads', () => {
  expect([listTasks.effect, listInstanceTasks.effect]).toEqual(['read', 'read'])
})

describe('the pages of a list', () => {
  const page = (rows: number, from = 0, more: object = {}) => ({
    tasks: Array.from({ length: rows }, (_, row) => ({ id: `t${from + row}` })),
    ...more,
  })
  const read = async (pages: (offset: number) => Tasks) => {
    const offsets: number[] = []
    const listing = await readTaskList(async (offset) => {
      offsets.push(offset)
      return pages(offset)
    })
    return { rows: new Set(listing.tasks.map(({ id }) => id)).size, gap: listing.gap, offsets }
  }
  const GAP = 'NOT ALL TASKS LISTED'

  test.for<[string, (offset: number) => Tasks, { rows: number; gap?: string; offsets: number[] }]>([
    ['one that is not full', () => page(99), { rows: 99, offsets: [0] }],
    ['one that is full, and nothing more', (at) => page(at === 0 ? 100 : 0, at), { rows: 100, offsets: [0, 100] }],
    ['three', (at) => page(at < 200 ? 100 : 7, at), { rows: 207, offsets: [0, 100, 200] }],
    [
      'smaller ones than were asked for, and a count',
      (at) => page(50, at, { task_count: '120' }),
      { rows: 150, offsets: [0, 50, 100] },
    ],
    [
      'one that overlaps with the next',
      (at) => page(at === 0 ? 100 : 60, at - (at === 0 ? 0 : 10)),
      { rows: 150, offsets: [0, 100] },
    ],
    ['no end', () => page(100), { rows: 100, gap: GAP, offsets: [0, 100, 200, 300, 400, 500, 600, 700, 800, 900] }],
    [
      'fewer than are counted',
      (at) => page(at === 0 ? 60 : 0, at, { task_count: 61 }),
      { rows: 60, gap: GAP, offsets: [0, 60] },
    ],
    ['none, and no list', () => ({}), { rows: 0, gap: GAP, offsets: [0] }],
    ['none, counted', () => ({ tasks: null, task_count: 0 }), { rows: 0, offsets: [0] }],
  ])('%s', async ([, pages, expected]) => {
    expect(await read(pages)).toEqual({ gap: undefined, ...expected })
  })

  test('earlier pages count where a later page is refused for good', async () => {
    const listing = await read((offset) => {
      if (offset > 0) throw new CloudError({ operation: 'x', kind: 'denied', change: 'none', what: 'no' })
      return page(100)
    })
    expect(listing).toEqual({ rows: 100, gap: 'NO LIST OF TASKS: denied', offsets: [0, 100] })
  })
})

const DONE = {
  id: '8abf6e1e72c12e7c0172c15b508500aa',
  name: 'masterStandbySwapJob',
  status: 'SUCCESS',
  params: { operation: 'masterStandbySwapJob' },
  job_id: '8abfa7aa88ad5aa50188aef7ec0936d1',
  error_code: null,
  created_at: '2026-03-02T01:02:03.000Z',
  updated_at: '2026-03-02T01:03:03.000Z',
}

test.for<[string, unknown, unknown]>([
  [
    'a task, without what we do not know',
    { task_count: '1', tasks: [{ ...DONE, user_id: 'x' }] },
    { task_count: '1', tasks: [DONE] },
  ],
  ['a count that is a number', { task_count: 0, tasks: [] }, { task_count: 0, tasks: [] }],
  ['a task of which little is told', { tasks: [{ id: 'a' }] }, { tasks: [{ id: 'a' }] }],
  ['no tasks', { tasks: [] }, { tasks: [] }],
  ['a list that is null', { tasks: null }, { tasks: null }],
  ['no list', {}, {}],
])('the answer is read: %s', ([, answer, tasks]) => {
  for (const operation of [listTasks, listInstanceTasks]) {
    const reading = readAnswer({ status: 200, headers: {}, text: JSON.stringify(answer) }, operation.decode)
    expect('payload' in reading && operation.output.parse(reading.payload)).toEqual(tasks)
  }
})
