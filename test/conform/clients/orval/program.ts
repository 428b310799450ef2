import axios from 'axios'
import * as steadyhand from './steadyhand.ts'

const [baseURL = '', instanceId = ''] = process.argv.slice(2)
axios.defaults.baseURL = baseURL
const swap: steadyhand.RunRequest = { operation: 'dcs.instance.swap', target: { instanceId } }

// The header parameters are left to the caller.
const headers = { 'Idempotency-Key': `swap ${instanceId}` }
const asked = await steadyhand.createRun({ ...swap, reason: 'zone a is being patched' }, { headers })
console.log('create')

const queued = await steadyhand.createRun({
  operation: 'dcs.instance.restart',
  target: { instanceId },
  collision: 'queue',
})
const cancelled = await steadyhand.cancelRun(queued.data.id)
if (cancelled.data.state !== 'cancelled') throw new Error(cancelled.data.state)
console.log('cancel')

let run: steadyhand.Run = asked.data
while (!run.outcome) {
  const { data } = await steadyhand.getRun(run.id, { headers: { Prefer: 'wait=20' } })
  run = data
}
if (run.state !== 'succeeded') throw new Error(run.outcome.summary)
console.log('wait')

const listed: string[] = []
let cursor: string | undefined
do {
  const { data } = await steadyhand.listRuns({ target: instanceId, limit: 1, cursor })
  listed.push(...data.runs.map(({ id }) => id))
  cursor = data.cursor
} while (cursor)
if (listed.join() !== [queued.data.id, run.id].join()) throw new Error(`listed: ${listed}`)
console.log('list')

const plan = await steadyhand.createPlan(swap)
if (plan.data.would !== 'be-sent') throw new Error(plan.data.would)
console.log('plan')

const problem = await steadyhand.getRun(`run_${'0'.repeat(32)}`).then(
  () => undefined,
  (error: unknown) => (axios.isAxiosError<steadyhand.Problem>(error) ? error.response?.data : undefined),
)
if (problem?.status !== 404) throw new Error('no problem')
console.log('problem')
