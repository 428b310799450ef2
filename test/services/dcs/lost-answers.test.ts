import { beforeEach, describe, expect, test } from 'vitest'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import type { LifecycleOperation } from '../../../lib/services/lifecycle.ts'
import type { Evidence, Read } from '../../../lib/services/tracking.ts'
import { createFakeDcs, type FakeDcs } from '../../world/fake-dcs.ts'
import { I, OTHER } from './shown.ts'

/** Operations whose answer is lost, over a cloud that keeps state: from the baseline to the end of the work. */

const PLACE = { region: 'cn-north-4', deadlineAtMs: 0 }
const SENT = Date.parse('2026-01-01T00:00:00Z')

let dcs: FakeDcs
let nowMs: number

beforeEach(() => {
  nowMs = SENT
  dcs = createFakeDcs(() => nowMs)
})

const read: Read = (operation, input) => dcs.call(operation, input, PLACE)

const named = (name: string): LifecycleOperation => {
  const operation = CATALOGUE.get(name)
  if (!operation) throw new Error(`no operation ${name}`)
  return operation
}

/** Sends it, and loses the answer. @returns finds its evidence a number of seconds later */
async function lose(name: string, took: boolean, target: object = {}): Promise<(seconds: number) => Promise<Evidence>> {
  const operation = named(name)
  const order = { target: { instanceId: I, ...target }, params: {} }
  const baseline = await operation.tracking.baseline(read, order.target)
  dcs.fault = (asked) => (asked === name ? { kind: 'timeout', change: 'unknown', took } : undefined)
  await expect(dcs.call(operation, { ...order, baseline }, PLACE)).rejects.toMatchObject({
    facts: { change: 'unknown' },
  })
  expect(dcs.writes).toHaveLength(took ? 1 : 0)
  dcs.fault = () => undefined
  return (seconds) => {
    nowMs = SENT + seconds * 1000
    return operation.tracking.findEvidence(read, { ...order, baseline, sentAtMs: SENT })
  }
}

const JOB = 'job-00000001'
const AT_WORK = 5
const ENDED = 25

interface Row {
  name: string
  target?: object
  /** The instance's earlier status. */
  was?: object
  /** The evidence during the work, and afterwards. */
  working: Evidence
  ended: Evidence
  /** The evidence where its tasks are listed. */
  listed?: { working?: Evidence; ended?: Evidence }
  never: Evidence
}

const SWAP = 'TASK masterStandbySwapJob'
const working = (observed: string, jobId?: string): Evidence => ({
  begun: 'working',
  observed,
  ...(jobId ? { jobId } : {}),
})
const done = (observed: string): Evidence => ({ begun: 'done', observed })
const listedAs = (task: string): NonNullable<Row['listed']> => ({
  working: working(`TASK ${task} RUNNING`, JOB),
  ended: working(`TASK ${task} SUCCESS`, JOB),
})
const unclear = (observed: string): Evidence => ({ unclear: `${observed}, NO TASK LISTED` })

const ROWS: Row[] = [
  {
    name: 'dcs.instance.swap',
    working: working(`${SWAP} RUNNING`, JOB),
    ended: working(`${SWAP} SUCCESS`, JOB),
    never: unclear('RUNNING, MASTERS AS BEFORE'),
  },
  {
    name: 'dcs.shard.failover',
    target: { groupId: 'g', nodeId: 'node-2' },
    working: unclear('ANOTHER NODE'),
    ended: done('MASTER AS ASKED'),
    listed: { working: working(`${SWAP} RUNNING`, JOB) },
    never: unclear('ANOTHER NODE'),
  },
  {
    name: 'dcs.node.stop',
    working: unclear('0 OF 2 NOT ACTIVE'),
    ended: done('2 OF 2 NOT ACTIVE'),
    listed: { working: working('TASK stopDCSNode RUNNING', JOB) },
    never: unclear('0 OF 2 NOT ACTIVE'),
  },
  {
    name: 'dcs.node.start',
    was: { nodes: 'Inactive' },
    working: unclear('0 OF 2 ACTIVE'),
    ended: done('2 OF 2 ACTIVE'),
    listed: { working: working('TASK startDCSNode RUNNING', JOB) },
    never: unclear('0 OF 2 ACTIVE'),
  },
  {
    name: 'dcs.instance.restart',
    working: working('INSTANCE RESTARTING'),
    ended: unclear('INSTANCE RUNNING'),
    listed: listedAs('restartDCSInstance'),
    never: unclear('INSTANCE RUNNING'),
  },
  {
    name: 'dcs.instance.flush',
    working: working('INSTANCE FLUSHING'),
    ended: unclear('INSTANCE RUNNING'),
    listed: listedAs('flushDCSInstance'),
    never: unclear('INSTANCE RUNNING'),
  },
  {
    name: 'dcs.instance.stop',
    working: working('INSTANCE CLOSING'),
    ended: working('INSTANCE CLOSED'),
    listed: listedAs('closeDCSInstance'),
    never: unclear('INSTANCE RUNNING'),
  },
  {
    name: 'dcs.instance.start',
    was: { status: 'CLOSED' },
    working: working('INSTANCE STARTING'),
    ended: working('INSTANCE RUNNING'),
    listed: listedAs('startDCSInstance'),
    never: unclear('INSTANCE CLOSED'),
  },
]

describe.for(ROWS)('$name', ({ name, was = {}, target, ...row }) => {
  test.for([false, true])('is found at work and afterwards, its tasks listed: %j', async (listsTasks) => {
    dcs.listsTasks = listsTasks
    Object.assign(dcs.instance(I), was)
    const look = await lose(name, true, target)
    const expected = { ...row, ...(listsTasks ? row.listed : {}) }
    expect([await look(AT_WORK), await look(ENDED)]).toEqual([expected.working, expected.ended])
  })

  test.for([false, true])('that did not begin is not found, others listed: %j', async (listsTasks) => {
    dcs.listsTasks = listsTasks
    Object.assign(dcs.instance(I), was)
    const look = await lose(name, false, target)
    await dcs.call(named('dcs.instance.swap'), { target: { instanceId: OTHER }, params: {}, baseline: {} }, PLACE)
    expect([await look(AT_WORK), await look(ENDED)]).toEqual([row.never, row.never])
  })
})

test('a swap of somebody else, a minute before, is not taken for it', async () => {
  const swap = named('dcs.instance.swap')
  nowMs = SENT - 60_000
  await dcs.call(swap, { target: { instanceId: I }, params: {}, baseline: {} }, PLACE)
  nowMs = SENT
  dcs.writes.length = 0
  const look = await lose('dcs.instance.swap', false)
  expect(await look(AT_WORK)).toEqual(unclear('RUNNING, MASTERS AS BEFORE'))
})
