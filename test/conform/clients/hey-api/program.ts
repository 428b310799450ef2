import { client } from './steadyhand/client.gen.ts'
import * as steadyhand from './steadyhand/index.ts'

const [baseUrl = '', instanceId = ''] = process.argv.slice(2)
client.setConfig({ baseUrl })
const swap: steadyhand.RunRequest = { operation: 'dcs.instance.swap', target: { instanceId } }

const asked = await steadyhand.createRun({
  headers: { 'Idempotency-Key': `swap ${instanceId}` },
  body: { ...swap, reason: 'zone a is being patched' },
  throwOnError: true,
})
console.log('create')

const queued = await steadyhand.createRun({
  body: { operation: 'dcs.instance.restart', target: { instanceId }, collision: 'queue' },
  throwOnError: true,
})
const cancelled = await steadyhand.cancelRun({ path: { id: queued.data.id }, throwOnError: true })
if (cancelled.data.state !== 'cancelled') throw new Error(cancelled.data.state)
console.log('cancel')

let run: steadyhand.Run = asked.data
while (!run.outcome) {
  const { data } = await steadyhand.getRun({
    path: { id: run.id },
    headers: { Prefer: 'wait=20' },
    throwOnError: true,
  })
  run = data
}
if (run.state !== 'succeeded') throw new Error(run.outcome.summary)
console.log('wait')

const listed: string[] = []
let cursor: string | undefined
do {
  const { data } = await steadyhand.listRuns({ query: { target: instanceId, limit: 1, cursor }, throwOnError: true })
  listed.push(...data.runs.map(({ id }) => id))
  cursor = data.cursor
} while (cursor)
if (listed.join() !== [queued.data.id, run.id].join()) throw new Error(`listed: ${listed}`)
console.log('list')

const plan = await steadyhand.createPlan({ body: swap, throwOnError: true })
if (plan.data.would !== 'be-sent') throw new Error(plan.data.would)
console.log('plan')

const { error } = await steadyhand.getRun({ path: { id: `run_${'0'.repeat(32)}` } })
if (!error || !('status' in error) || error.status !== 404) throw new Error('no problem')
console.log('problem')
