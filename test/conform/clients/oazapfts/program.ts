import * as steadyhand from './steadyhand.ts'

const [baseUrl = '', instanceId = ''] = process.argv.slice(2)
steadyhand.defaults.baseUrl = baseUrl
const swap: steadyhand.RunRequest = { operation: 'dcs.instance.swap', target: { instanceId } }

const asked = await steadyhand.createRun(
  { ...swap, reason: 'zone a is being patched' },
  { idempotencyKey: `swap ${instanceId}` },
)
if (asked.status !== 200 && asked.status !== 202) throw new Error(asked.data.detail)
console.log('create')

const queued = await steadyhand.createRun({
  operation: 'dcs.instance.restart',
  target: { instanceId },
  collision: 'queue',
})
if (queued.status !== 202) throw new Error(`${queued.status}`)
const cancelled = await steadyhand.cancelRun(queued.data.id)
if (cancelled.status !== 200 || cancelled.data.state !== 'cancelled') throw new Error(`${cancelled.status}`)
console.log('cancel')

let run: steadyhand.Run = asked.data
while (!run.outcome) {
  const answer = await steadyhand.getRun(run.id, { prefer: 'wait=20' })
  if (answer.status !== 200) throw new Error(`${answer.status}`)
  run = answer.data
}
if (run.state !== 'succeeded') throw new Error(run.outcome.summary)
console.log('wait')

const listed: string[] = []
let cursor: string | undefined
do {
  const page = await steadyhand.listRuns({ target: instanceId, limit: 1, cursor })
  if (page.status !== 200) throw new Error(page.data.detail)
  listed.push(...page.data.runs.map(({ id }) => id))
  cursor = page.data.cursor
} while (cursor)
if (listed.join() !== [queued.data.id, run.id].join()) throw new Error(`listed: ${listed}`)
console.log('list')

const plan = await steadyhand.createPlan(swap)
if (plan.status !== 200 || plan.data.would !== 'be-sent') throw new Error(`${plan.status}`)
console.log('plan')

const unknown = await steadyhand.getRun(`run_${'0'.repeat(32)}`)
if (unknown.status !== 404 || unknown.data.title === '') throw new Error('no problem')
console.log('problem')
