import { expect, test } from 'vitest'
import { listInstanceTasks, listTasks } from '../../../lib/cloud/huawei/dcs/tasks.ts'
import { readAnswer } from '../../../lib/cloud/huawei/errors.ts'

const I = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const SINCE = Date.parse('2026-03-02T01:02:03.999Z')

test('the task center is asked for the newest 100 since an instant', () => {
  expect(listTasks.request({ sinceMs: SINCE })).toEqual({
    method: 'GET',
    path: '/v2/{project_id}/tasks',
    query: { start_time: '20260302010203', limit: '100' },
  })
})

test('the tasks of an instance are asked for alike', () => {
  expect(listInstanceTasks.request({ instanceId: I, sinceMs: SINCE })).toEqual({
    method: 'GET',
    path: `/v2/{project_id}/instances/${I}/tasks`,
    query: { start_time: '20260302010203', limit: '100' },
  })
})

test.for([
  [listTasks, { sinceMs: 0.5 }],
  [listTasks, {}],
  [listTasks, { sinceMs: 0, instanceId: I }],
  [listInstanceTasks, { sinceMs: 0 }],
  [listInstanceTasks, { sinceMs: 0, instanceId: '../x' }],
] as const)('%# refuses %j', ([operation, input]) => {
  expect(operation.input.safeParse(input).success).toBe(false)
})

test('both are reads', () => {
  expect([listTasks.effect, listInstanceTasks.effect]).toEqual(['read', 'read'])
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
