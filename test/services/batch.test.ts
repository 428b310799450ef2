import { expect, test } from 'vitest'
import type { Call } from '../../lib/cloud/call.ts'
import { CloudError } from '../../lib/cloud/errors.ts'
import { callBatch } from '../../lib/services/batch.ts'
import { CATALOGUE } from '../../lib/services/catalogue.ts'
import type { LifecycleOperation } from '../../lib/services/lifecycle.ts'
import { createFakeDcs } from '../world/fake-dcs.ts'

const CONTEXT = { region: 'cn-north-4', deadlineAtMs: 0 }

const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

const ordersFor = (count: number) =>
  Array.from({ length: count }, (_, number) => ({ target: { instanceId: idOf(number) }, params: {}, baseline: {} }))

function named(name: string): LifecycleOperation {
  const operation = CATALOGUE.get(name)
  if (!operation) throw new Error(`no operation ${name}`)
  return operation
}

/** Answers as DCS does, each instance `success`, and keeps the bodies. */
function cloud(failing: number[] = []): { call: Call; bodies: { instances: string[]; action: string }[] } {
  const bodies: { instances: string[]; action: string }[] = []
  const call: Call = async (operation, input) => {
    const body = operation.request(operation.input.parse(input)).body as { instances: string[]; action: string } // instances/status
    bodies.push(body)
    if (failing.includes(bodies.length)) {
      throw new CloudError({ operation: operation.name, kind: 'timeout', change: 'unknown', what: 'no answer' })
    }
    return operation.output.parse({ results: body.instances.map((instance) => ({ instance, result: 'success' })) })
  }
  return { call, bodies }
}

test.for([
  [1, [1]],
  [50, [50]],
  [51, [50, 1]],
  [120, [50, 50, 20]],
] as const)('%d instances go in calls of %j', async ([count, sizes]) => {
  const { call, bodies } = cloud()
  const results = await callBatch(call, named('dcs.instance.restart'), { orders: ordersFor(count), context: CONTEXT })
  expect(bodies.map(({ instances }) => instances.length)).toEqual(sizes)
  expect(bodies.flatMap(({ instances }) => instances)).toEqual(ordersFor(count).map(({ target }) => target.instanceId))
  expect(results).toEqual(Array(count).fill({}))
})

test('a call that fails is the failure of its own targets alone', async () => {
  const { call, bodies } = cloud([2])
  const results = await callBatch(call, named('dcs.instance.flush'), { orders: ordersFor(101), context: CONTEXT })
  expect(bodies).toHaveLength(3)
  expect(results.map((result) => (result instanceof CloudError ? result.facts.change : 'accepted'))).toEqual([
    ...Array(50).fill('accepted'),
    ...Array(50).fill('unknown'),
    'accepted',
  ])
})

test('no orders are no call', async () => {
  const { call, bodies } = cloud()
  expect(await callBatch(call, named('dcs.instance.stop'), { orders: [], context: CONTEXT })).toEqual([])
  expect(bodies).toHaveLength(0)
})

test('operations with one target per call are sent one by one', async () => {
  const paths: string[] = []
  const call: Call = async (operation, input) => {
    paths.push(operation.request(operation.input.parse(input)).path)
    return operation.output.parse({ job_id: `job-0000000${paths.length}` })
  }
  const results = await callBatch(call, named('dcs.instance.swap'), { orders: ordersFor(2), context: CONTEXT })
  expect(paths).toEqual([0, 1].map((number) => `/v2/{project_id}/instances/${idOf(number)}/async-swap`))
  expect(results).toEqual([{ jobId: 'job-00000001' }, { jobId: 'job-00000002' }])
})

test('an instance that is busy is refused alone', async () => {
  const dcs = createFakeDcs(() => 0)
  const restart = named('dcs.instance.restart')
  await callBatch(dcs.call, restart, { orders: ordersFor(2).slice(1), context: CONTEXT })
  const results = await callBatch(dcs.call, restart, { orders: ordersFor(3), context: CONTEXT })
  expect(results).toEqual([{}, { refused: expect.stringContaining('"failed"') }, {}])
  expect(dcs.calls.get('dcs.instance.restart')).toBe(2)
  expect(dcs.writes.map(({ instanceId }) => instanceId)).toEqual([1, 0, 2].map(idOf))
  expect([0, 1, 2].map((number) => dcs.instance(idOf(number)).status)).toEqual(Array(3).fill('RESTARTING'))
})

test('one instance that is busy is refused with the reason', async () => {
  const dcs = createFakeDcs(() => 0)
  await callBatch(dcs.call, named('dcs.instance.flush'), { orders: ordersFor(1), context: CONTEXT })
  const [result] = await callBatch(dcs.call, named('dcs.instance.restart'), { orders: ordersFor(1), context: CONTEXT })
  expect(result).toMatchObject({ facts: { kind: 'busy', change: 'none' } })
  expect(dcs.writes).toHaveLength(1)
})

test.for([true, false])('a lost answer is that of all in the call; taken on: %j', async (took) => {
  const dcs = createFakeDcs(() => 0)
  dcs.fault = (_, instanceId) => (instanceId === idOf(1) ? { kind: 'timeout', change: 'unknown', took } : undefined)
  const results = await callBatch(dcs.call, named('dcs.instance.flush'), { orders: ordersFor(3), context: CONTEXT })
  expect(results).toMatchObject(Array(3).fill({ facts: { kind: 'timeout', change: 'unknown' } }))
  expect(dcs.writes).toHaveLength(took ? 3 : 0)
})
