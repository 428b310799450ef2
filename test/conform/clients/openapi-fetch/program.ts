import createClient from 'openapi-fetch'
import type { components, paths } from './steadyhand.ts'

const [baseUrl = '', instanceId = ''] = process.argv.slice(2)
const steadyhand = createClient<paths>({ baseUrl })
const swap: components['schemas']['RunRequest'] = { operation: 'dcs.instance.swap', target: { instanceId } }

const asked = await steadyhand.POST('/runs', {
  params: { header: { 'Idempotency-Key': `swap ${instanceId}` } },
  body: { ...swap, reason: 'zone a is being patched' },
})
if (!asked.data) throw new Error(asked.error.detail)
console.log('create')

const queued = await steadyhand.POST('/runs', {
  body: { operation: 'dcs.instance.restart', target: { instanceId }, collision: 'queue' },
})
if (!queued.data) throw new Error(queued.error.detail)
const cancelled = await steadyhand.POST('/runs/{id}/cancel', { params: { path: { id: queued.data.id } } })
if (cancelled.data?.state !== 'cancelled') throw new Error(cancelled.error?.detail)
console.log('cancel')

let run: components['schemas']['Run'] = asked.data
while (!run.outcome) {
  const params = { path: { id: run.id }, header: { Prefer: 'wait=20' } }
  const answer = await steadyhand.GET('/runs/{id}', { params })
  if (!answer.data) throw new Error(answer.error?.detail)
  run = answer.data
}
if (run.state !== 'succeeded') throw new Error(run.outcome.summary)
console.log('wait')

const listed: string[] = []
let cursor: string | undefined
do {
  const page = await steadyhand.GET('/runs', { params: { query: { target: instanceId, limit: 1, cursor } } })
  if (!page.data) throw new Error(page.error.detail)
  listed.push(...page.data.runs.map(({ id }) => id))
  cursor = page.data.cursor
} while (cursor)
if (listed.join() !== [queued.data.id, run.id].join()) throw new Error(`listed: ${listed}`)
console.log('list')

const plan = await steadyhand.POST('/plans', { body: swap })
if (plan.data?.would !== 'be-sent') throw new Error(plan.data?.would ?? plan.error?.detail)
console.log('plan')

const { error } = await steadyhand.GET('/runs/{id}', { params: { path: { id: `run_${'0'.repeat(32)}` } } })
if (error?.status !== 404) throw new Error('no problem')
console.log('problem')
