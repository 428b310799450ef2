import { describe, expect, test } from 'vitest'
import type { Evidence } from '../../../../lib/services/tracking.ts'
import { at, evidenceOf, groups, I, JOB, OTHER, SENT, type Shown, tasks } from '../shown.ts'

/** The only operation that is documented as listed. A missing task proves nothing. */

const BASELINE = { masters: { g0: 'a' } }
const FREE: Shown = {
  instance: { status: 'RUNNING', task: null },
  groups: groups('a'),
  tasks: tasks(),
  center: tasks(),
}

const SWAP = { id: 't1', name: 'masterStandbySwapJob', status: 'RUNNING', created_at: at(1) }
const LINKED = { ...SWAP, job_id: JOB }

async function traced(shown: Shown, baseline: unknown = BASELINE): Promise<Evidence> {
  return (await evidenceOf('dcs.instance.swap', { ...FREE, ...shown }, baseline)).evidence
}

const NOTHING: Evidence = { unclear: 'RUNNING, MASTERS AS BEFORE, NO TASK LISTED' }
const WORKING: Evidence = { begun: 'working', jobId: JOB, observed: 'TASK masterStandbySwapJob RUNNING' }
const CHANGED: Evidence = { begun: 'done', observed: 'MASTER CHANGED' }
const unclear = (observed: string): Evidence => ({ unclear: observed })

function many(count: number): object[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `o${i}`,
    name: 'EXTEND',
    status: 'SUCCESS',
    created_at: at(-99),
  }))
}

const NONE = { fails: 'unsupported' as const, code: 'DCS.4094' }

function center(params: unknown): Shown {
  return { center: tasks({ ...LINKED, params }) }
}

function found(status: string): Evidence {
  return { begun: 'working', jobId: JOB, observed: `TASK masterStandbySwapJob ${status}` }
}

describe('is unclear, though nothing shows', () => {
  test.for<[string, Shown, unknown?]>([
    ['neither list has one, the masters are as before and the instance is free', {}],
    ['its status in lower case', { instance: { status: 'running ', task: '' } }],
    ['all shards have their masters', { groups: groups('a', 'b') }, { masters: { g0: 'a', g1: 'b' } }],
    ['a shard came', { groups: groups('a', 'b') }],
    ['no list, but a count of none', { tasks: { task_count: '0' }, center: { tasks: null, task_count: 0 } }],
    ['99 tasks of long ago', { tasks: tasks(...many(99)), center: tasks(...many(99)) }],
    ['a swap of another instance', { center: tasks({ ...LINKED, params: `{"instance_id":"${OTHER}"}` }) }],
    ['the same, told as an object', { center: tasks({ ...LINKED, params: { instanceId: OTHER } }) }],
    ['work of who knows which instance', { center: tasks({ ...LINKED, name: 'EXTEND' }) }],
    ['an earlier swap that succeeded', { tasks: tasks({ ...LINKED, created_at: at(-60), status: 'SUCCESS' }) }],
    ['an earlier swap that failed', { tasks: tasks({ ...LINKED, created_at: at(-60), status: 'FAIL' }) }],
    ['an earlier swap of who knows', { center: tasks({ ...LINKED, created_at: at(-6), status: 'SUCCESS' }) }],
    [
      'an earlier swap of which the task center tells less',
      {
        tasks: tasks({ ...SWAP, created_at: at(-60), status: 'SUCCESS' }),
        center: tasks({ ...LINKED, created_at: null, status: null }),
      },
    ],
    ['other work of before', { tasks: tasks({ ...SWAP, name: 'modify', created_at: at(-6) }) }],
    ['other work of who knows when', { tasks: tasks({ ...SWAP, name: 'modify', created_at: '', status: 'FAIL' }) }],
  ])('where %s', async ([, shown, baseline]) => {
    expect(await traced(shown, baseline)).toEqual(NOTHING)
  })
})

describe('is found', () => {
  const inBoth = (more: object): Shown => ({
    tasks: tasks({ ...SWAP, ...more }),
    center: tasks({ ...LINKED, ...more }),
  })
  test.for<[string, Shown, Evidence]>([
    ['by its task, whose job only the task center tells', inBoth({}), WORKING],
    ['where the instance lists the job', { tasks: tasks(LINKED) }, WORKING],
    ['in the task center, which names the instance', center({ instance_id: I }), WORKING],
    ['the same, in text', center(`{"instance_id": "${I.toUpperCase()}"}`), WORKING],
    ['where the instance lists nothing at all', { ...center({ instance_id: I }), tasks: NONE }, WORKING],
    ['where the task center cannot be read', { tasks: tasks(LINKED), center: NONE }, WORKING],
    ['though the masters cannot be read', { ...inBoth({}), groups: NONE }, WORKING],
    ['though the masters changed', { ...inBoth({}), groups: groups('b') }, WORKING],
    ['within what clocks differ by', inBoth({ created_at: at(-5) }), WORKING],
    ['of a time with an offset', inBoth({ created_at: '2026-03-02T09:02:04.500+08:00' }), WORKING],
    ['at work, of who knows when', inBoth({ created_at: 'just now' }), WORKING],
    ['at work, of no time', inBoth({ created_at: null }), WORKING],
    ['at work, in a time without a zone', inBoth({ created_at: '2026-03-02 09:02:04' }), WORKING],
    ['ended', inBoth({ status: 'SUCCESS' }), found('SUCCESS')],
    ['ended badly', inBoth({ status: 'FAIL' }), found('FAIL')],
  ])('%s', async ([, shown, evidence]) => {
    expect(await traced(shown)).toEqual(evidence)
  })

  test('as the first of two since', async () => {
    const later = { ...LINKED, id: 't2', job_id: 'later', created_at: at(20) }
    expect(await traced({ tasks: tasks(later, LINKED) })).toEqual(WORKING)
  })

  test.for<[string, Shown, Evidence]>([
    ['by the masters alone', { groups: groups('b') }, CHANGED],
    ['by one of the masters', { groups: groups('a', 'y') }, CHANGED],
    ['by the masters, the task without job', { groups: groups('b'), tasks: tasks(SWAP) }, CHANGED],
    [
      'by the masters, the task of before',
      { groups: groups('b'), tasks: tasks({ ...LINKED, created_at: at(-60) }) },
      CHANGED,
    ],
    ['by the masters, no list', { groups: groups('b'), tasks: NONE, center: NONE }, CHANGED],
    [
      'by the end of a task without job',
      { groups: groups('a', 'x'), tasks: tasks({ ...SWAP, status: 'SUCCESS' }) },
      { begun: 'done', observed: 'TASK masterStandbySwapJob SUCCESS' },
    ],
  ])('done: %s', async ([, shown, evidence]) => {
    expect(await traced(shown, { masters: { g0: 'a', g1: 'x' } })).toEqual(evidence)
  })
})

describe('is unclear', () => {
  const TASK = 'TASK masterStandbySwapJob'
  test.for<[string, Shown, string, unknown?]>([
    ['the instance has no list', { tasks: NONE }, 'RUNNING, MASTERS AS BEFORE, NO LIST OF TASKS: DCS.4094'],
    ['the project has no list', { center: NONE }, 'RUNNING, MASTERS AS BEFORE, NO LIST OF TASKS: DCS.4094'],
    ['the list is denied', { tasks: { fails: 'denied' } }, 'RUNNING, MASTERS AS BEFORE, NO LIST OF TASKS: denied'],
    ['there is no list in the answer', { tasks: {} }, 'RUNNING, MASTERS AS BEFORE, NOT ALL TASKS LISTED'],
    ['a page is full', { tasks: tasks(...many(100)) }, 'RUNNING, MASTERS AS BEFORE, NOT ALL TASKS LISTED'],
    [
      'a page of the project is full',
      { center: tasks(...many(100)) },
      'RUNNING, MASTERS AS BEFORE, NOT ALL TASKS LISTED',
    ],
    [
      'more are counted than listed',
      { tasks: { tasks: [], task_count: '1' } },
      'RUNNING, MASTERS AS BEFORE, NOT ALL TASKS LISTED',
    ],
    ['a swap may be of another instance', { center: tasks(LINKED) }, `RUNNING, MASTERS AS BEFORE, ${TASK} RUNNING`],
    [
      'its params hold who knows what',
      { center: tasks({ ...LINKED, params: OTHER }) },
      `RUNNING, MASTERS AS BEFORE, ${TASK} RUNNING`,
    ],
    [
      'its params name who knows what',
      { center: tasks({ ...LINKED, params: `{"from":"${OTHER}"}` }) },
      `RUNNING, MASTERS AS BEFORE, ${TASK} RUNNING`,
    ],
    [
      'one ended at a time without a zone',
      { tasks: tasks({ ...LINKED, created_at: '2026-03-02 01:02:05', status: 'SUCCESS' }) },
      `RUNNING, MASTERS AS BEFORE, ${TASK} SUCCESS`,
    ],
    [
      'the same, as ISO 8601 has it',
      { tasks: tasks({ ...LINKED, created_at: '2026-03-02T01:02:05', status: 'SUCCESS' }) },
      `RUNNING, MASTERS AS BEFORE, ${TASK} SUCCESS`,
    ],
    ['a task has no job yet', { tasks: tasks(SWAP) }, `RUNNING, ${TASK} RUNNING, NO JOB`],
    ['a task has no job', { tasks: tasks({ ...SWAP, job_id: '' }) }, `RUNNING, ${TASK} RUNNING, NO JOB`],
    ['a job cannot be one', { tasks: tasks({ ...SWAP, job_id: '../x' }) }, `RUNNING, ${TASK} RUNNING, NO JOB`],
    [
      'a swap is at work since before',
      { tasks: tasks({ ...LINKED, created_at: at(-6) }) },
      `RUNNING, MASTERS AS BEFORE, ${TASK} RUNNING`,
    ],
    [
      'one of before has no status',
      { tasks: tasks({ ...LINKED, created_at: at(-60), status: null }) },
      `RUNNING, MASTERS AS BEFORE, ${TASK}`,
    ],
    [
      'one ended who knows when',
      { tasks: tasks({ ...LINKED, created_at: 'x', status: 'SUCCESS' }) },
      `RUNNING, MASTERS AS BEFORE, ${TASK} SUCCESS`,
    ],
    [
      'it may go by another name',
      { tasks: tasks({ ...LINKED, name: 'swapJob' }) },
      'RUNNING, MASTERS AS BEFORE, TASK swapJob RUNNING',
    ],
    [
      'it may go by no name',
      { tasks: tasks({ ...LINKED, name: null }) },
      'RUNNING, MASTERS AS BEFORE, TASK WITHOUT NAME RUNNING',
    ],
    [
      'something works on it',
      { instance: { status: 'RUNNING', task: 'SWAPPING' } },
      'RUNNING, TASK "SWAPPING", MASTERS AS BEFORE, NO TASK LISTED',
    ],
    ['it is not RUNNING', { instance: { status: 'ERROR' } }, 'ERROR, MASTERS AS BEFORE, NO TASK LISTED'],
    ['the masters were not known', {}, 'RUNNING, MASTERS NOT COMPARED, NO TASK LISTED', null],
    ['there were no masters', {}, 'RUNNING, MASTERS NOT COMPARED, NO TASK LISTED', { masters: {} }],
    ['the masters cannot be read', { groups: NONE }, 'RUNNING, MASTERS NOT COMPARED, NO TASK LISTED'],
    ['a shard has no master', { groups: groups(null) }, 'RUNNING, MASTERS NOT COMPARED, NO TASK LISTED'],
    ['a shard is gone', {}, 'RUNNING, MASTERS NOT COMPARED, NO TASK LISTED', { masters: { g0: 'a', g1: 'b' } }],
  ])('where %s', async ([, shown, observed, baseline]) => {
    expect(await traced(shown, baseline)).toEqual(unclear(observed))
  })

  test('in few words, whatever the cloud says', async () => {
    const name = 'x'.repeat(1_000)
    expect(await traced({ tasks: tasks({ ...LINKED, name }) })).toEqual(
      unclear(`RUNNING, MASTERS AS BEFORE, TASK ${'x'.repeat(40)} RUNNING`.slice(0, 80)),
    )
    expect(await traced({ instance: { status: name } })).toEqual(unclear('X'.repeat(80)))
  })
})

test.for<[keyof Shown, 'unavailable' | 'timeout' | 'throttled' | 'not-found']>([
  ['tasks', 'timeout'],
  ['tasks', 'unavailable'],
  ['center', 'throttled'],
  ['groups', 'timeout'],
  ['instance', 'not-found'],
])('says nothing where %s fails with %s', async ([what, fails]) => {
  await expect(traced({ [what]: { fails } })).rejects.toMatchObject({ facts: { kind: fails } })
})

test('asks for tasks from long enough ago, and for them last', async () => {
  const { asked } = await evidenceOf('dcs.instance.swap', FREE, BASELINE)
  const sinceMs = SENT - 15 * 60_000
  expect(asked).toEqual([
    { what: 'instance', input: { instanceId: I } },
    { what: 'groups', input: { instanceId: I } },
    { what: 'tasks', input: { instanceId: I, sinceMs, offset: 0 } },
    { what: 'center', input: { sinceMs, offset: 0 } },
  ])
})
