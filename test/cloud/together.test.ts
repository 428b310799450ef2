import { expect, test } from 'vitest'
import type { Call } from '../../lib/cloud/call.ts'
import { CATALOGUE } from '../../lib/cloud/catalogue.ts'
import { CloudError } from '../../lib/cloud/errors.ts'
import type { LifecycleOperation } from '../../lib/cloud/lifecycle.ts'
import { callTogether } from '../../lib/cloud/together.ts'

const PLACE = { region: 'cn-north-4', deadlineAtMs: 0 }

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
  const results = await callTogether(call, named('dcs.instance.restart'), ordersFor(count), PLACE)
  expect(bodies.map(({ instances }) => instances.length)).toEqual(sizes)
  expect(bodies.flatMap(({ instances }) => instances)).toEqual(ordersFor(count).map(({ target }) => target.instanceId))
  expect(results).toEqual(Array(count).fill({}))
})

test('a call that fails is the failure of its own targets alone', async () => {
  const { call, bodies } = cloud([2])
  const results = await callTogether(call, named('dcs.instance.flush'), ordersFor(101), PLACE)
  expect(bodies).toHaveLength(3)
  expect(results.map((result) => (result instanceof CloudError ? result.facts.change : 'accepted'))).toEqual([
    ...Array(50).fill('accepted'),
    ...Array(50).fill('unknown'),
    'accepted',
  ])
})

test('no orders are no call', async () => {
  const { call, bodies } = cloud()
  expect(await callTogether(call, named('dcs.instance.stop'), [], PLACE)).toEqual([])
  expect(bodies).toHaveLength(0)
})

test('what the provider takes one by one goes one by one', async () => {
  const paths: string[] = []
  const call: Call = async (operation, input) => {
    paths.push(operation.request(operation.input.parse(input)).path)
    return operation.output.parse({ job_id: `job-0000000${paths.length}` })
  }
  const results = await callTogether(call, named('dcs.instance.swap'), ordersFor(2), PLACE)
  expect(paths).toEqual([0, 1].map((number) => `/v2/{project_id}/instances/${idOf(number)}/async-swap`))
  expect(results).toEqual([{ jobId: 'job-00000001' }, { jobId: 'job-00000002' }])
})
