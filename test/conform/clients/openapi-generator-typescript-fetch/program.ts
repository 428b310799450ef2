import * as api from './steadyhand/index.ts'

const [basePath = '', instanceId = ''] = process.argv.slice(2)
const runs = new api.RunsApi(new api.Configuration({ basePath }))
const swap: api.RunRequest = { operation: 'dcs.instance.swap', target: { instanceId } }

let run = await runs.createRun({
  runRequest: { ...swap, reason: 'zone a is being patched' },
  idempotencyKey: `swap ${instanceId}`,
})
console.log('create')

const queued = await runs.createRun({
  runRequest: { operation: 'dcs.instance.restart', target: { instanceId }, collision: 'queue' },
})
const cancelled = await runs.cancelRun({ id: queued.id })
if (cancelled.state !== 'cancelled') throw new Error(cancelled.state)
console.log('cancel')

while (!run.outcome) run = await runs.getRun({ id: run.id, prefer: 'wait=20' })
if (run.state !== 'succeeded') throw new Error(run.outcome.summary)
console.log('wait')

const listed: string[] = []
let cursor: string | undefined
do {
  const page = await runs.listRuns({ target: instanceId, limit: 1, cursor })
  listed.push(...page.runs.map(({ id }) => id))
  cursor = page.cursor
} while (cursor)
if (listed.join() !== [queued.id, run.id].join()) throw new Error(`listed: ${listed}`)
console.log('list')

const plan = await runs.createPlan({ runRequest: swap })
if (plan.would !== 'be-sent') throw new Error(plan.would)
console.log('plan')

const failure: unknown = await runs.getRun({ id: `run_${'0'.repeat(32)}` }).catch((error: unknown) => error)
if (!(failure instanceof api.ResponseError)) throw new Error('no problem')
const problem = api.ProblemFromJSON(await failure.response.json())
if (problem.status !== 404) throw new Error(problem.title)
console.log('problem')
