import { describe, expect, test } from 'vitest'
import { CATALOGUE } from '../../../../lib/services/catalogue.ts'
import type { Observation } from '../../../../lib/services/tracking.ts'
import { type Answer, at, I, JOB, reading, SENT, type Shown, tasks } from '../shown.ts'

/** The status of an instance after an operation, with its job and its tasks. */

const BEFORE = { status: 'RUNNING' }
const NO_TASKS: Shown = { tasks: tasks(), center: tasks() }
const NAME = 'restartDCSInstance'
const done = (proof: string, more: object = {}): object => ({
  ...{ verdict: 'done', observed: 'RUNNING', listed: true, asBefore: false, atWork: false, proof, ...more },
})
const PLAIN = 'the instance is RUNNING with no task'

async function look(shown: Shown, facts: object = {}): Promise<{ seen: Observation; asked: string[] }> {
  const probe = CATALOGUE.get('dcs.instance.restart')?.tracking.progress
  const { read, asked } = reading(shown)
  const given = { target: { instanceId: I }, params: {}, baseline: BEFORE, sentAtMs: SENT, ...facts }
  const seen = await probe?.observe(read, given)
  if (!seen) throw new Error('no probe')
  return { seen, asked: asked.map(({ what }) => what) }
}

const RUNNING = { instance: BEFORE }

describe('with a job', () => {
  test.for<[string, Answer, Answer, object]>([
    ['at work', { status: 'RUNNING' }, BEFORE, { verdict: 'pending', observed: 'JOB RUNNING', listed: true }],
    ['of a new status', { status: 'PAUSED' }, BEFORE, { verdict: 'pending', observed: 'JOB PAUSED', listed: false }],
    [
      'that failed',
      { status: 'FAIL', fail_reason: 'disk' },
      BEFORE,
      { verdict: 'failed', observed: 'JOB FAIL', listed: true, detail: 'disk' },
    ],
  ])('%s the job decides, and nothing else is asked', async ([, job, instance, expected]) => {
    const { seen, asked } = await look({ job, instance }, { jobId: JOB })
    expect(seen).toMatchObject(expected)
    expect(asked).toEqual(['job'])
  })

  test('that is SUCCESS, RUNNING is no older state', async () => {
    const { seen, asked } = await look({ job: { status: 'SUCCESS' }, ...RUNNING }, { jobId: JOB })
    expect(seen).toEqual(done(`its job is SUCCESS, and ${PLAIN}`))
    expect(asked).toEqual(['job', 'instance'])
  })

  test('that is SUCCESS, a status at work is waited for', async () => {
    const shown = { job: { status: 'SUCCESS' }, instance: { status: 'RESTARTING' } }
    expect((await look(shown, { jobId: JOB })).seen).toMatchObject({ verdict: 'pending', observed: 'RESTARTING' })
  })

  test.for(['not-found', 'invalid', 'unsupported', 'denied', 'input'] as const)(
    'that cannot be read (%s) the status and the tasks are asked',
    async (fails) => {
      const { seen, asked } = await look({ job: { fails }, ...RUNNING, ...NO_TASKS }, { jobId: JOB })
      expect(seen).toEqual(done(PLAIN, { asBefore: true }))
      expect(asked).toEqual(['job', 'instance', 'tasks', 'center'])
    },
  )

  test.for(['unavailable', 'timeout', 'throttled', 'network'] as const)(
    'that cannot be read now (%s) nothing is seen',
    async (fails) => {
      await expect(look({ job: { fails }, ...RUNNING }, { jobId: JOB })).rejects.toMatchObject({
        facts: { kind: fails },
      })
    },
  )
})

describe('without one, as before', () => {
  const task = (more: object): Shown => {
    const one = { id: 't1', name: NAME, status: 'RUNNING', created_at: at(1), ...more }
    return { tasks: tasks({ ...one, job_id: null }), center: tasks({ job_id: JOB, ...one }) }
  }
  test.for<[string, object, object]>([
    ['at work', {}, { verdict: 'pending', observed: `TASK ${NAME} RUNNING`, listed: true, jobId: JOB }],
    ['at work, without job', { job_id: null }, { verdict: 'pending', observed: `TASK ${NAME} RUNNING`, listed: true }],
    ['that failed', { status: 'FAIL' }, { verdict: 'failed', observed: `TASK ${NAME} FAIL`, listed: true, jobId: JOB }],
    ['that ended', { status: 'SUCCESS' }, done(`its task is listed as ended, and ${PLAIN}`)],
    ['of a new status', { status: 'PAUSED' }, done(PLAIN, { asBefore: true })],
    ['of before', { created_at: at(-60), status: 'SUCCESS' }, done(PLAIN, { asBefore: true })],
    ['of another kind', { name: 'flushDCSInstance' }, done(PLAIN, { asBefore: true })],
  ])('a task %s counts as it is', async ([, more, expected]) => {
    expect((await look({ ...RUNNING, ...task(more) })).seen).toEqual(expected)
  })

  test('without a listed task it is still as before', async () => {
    const { seen, asked } = await look({ ...RUNNING, ...NO_TASKS })
    expect(seen).toEqual(done(PLAIN, { asBefore: true }))
    expect(asked).toEqual(['instance', 'tasks', 'center'])
  })

  test('while the lists cannot be read, nothing is observed', async () => {
    const shown = { ...RUNNING, ...NO_TASKS, center: { fails: 'throttled' as const } }
    await expect(look(shown)).rejects.toMatchObject({ facts: { kind: 'throttled' } })
  })

  test.for<[string, Shown, object]>([
    ['it was seen at work', RUNNING, { sawWork: true }],
    ['it shows something else than before', RUNNING, { baseline: { status: 'CLOSED' } }],
    ['it is at work', { instance: { status: 'RESTARTING' } }, {}],
    ['a task works on it', { instance: { status: 'RUNNING', task: 'BACKUPING' } }, {}],
  ])('no list is read where %s', async ([, shown, facts]) => {
    expect((await look(shown, facts)).asked).toEqual(['instance'])
  })
})

test.for<[string, object, boolean]>([
  ['RESTARTING', { status: 'RESTARTING' }, true],
  ['RUNNING with a task', { status: 'RUNNING', task: 'BACKUPING' }, true],
  ['ERROR', { status: 'ERROR' }, false],
  ['a value that is not known', { status: 'HIBERNATING' }, false],
])('%s is work: %j', async ([, instance, atWork]) => {
  const { seen } = await look({ instance }, {})
  expect(Boolean(seen.atWork)).toBe(atWork)
})
