import { beforeEach, describe, expect, test } from 'vitest'
import { dcs } from '../../../lib/services/dcs/operations.ts'
import { tableOfStates } from '../../../lib/services/dcs/states.ts'
import { createWorld, type World } from '../../world/world.ts'

const MINUTE = 60_000
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const OTHERS: Record<string, object> = { 'dcs.shard.failover': { groupId: 'g', nodeId: 'node-2' } }

let world: World
beforeEach(() => {
  world = createWorld()
})

const instance = () => world.cloud.instance(INSTANCE)
const ask = (operation: string, more: object = {}) =>
  world.accept({ operation, target: { instanceId: INSTANCE, ...OTHERS[operation] }, ...more })
const sent = () => world.cloud.writes.map(({ operation }) => operation)

const NAMES = dcs.operations.map(({ name }) => name)
const [START, STOP] = ['dcs.instance.start', 'dcs.instance.stop']
const RESTARTS = ['dcs.instance.restart', 'dcs.instance.soft-restart']

/** The immediate result of an operation requested for an instance in a state. */
const becomes = (operation: string, status: string): string => {
  if (/^(FROZEN|CREATEFAILED|DELETING|DELETED)$/.test(status)) return 'failed'
  if (status === 'ERROR') return RESTARTS.includes(operation) ? 'sent' : 'failed'
  if (status === 'CLOSED') return operation === START ? 'sent' : 'failed'
  if (status === 'RUNNING') return operation === START ? 'failed' : 'sent'
  return status === 'MYSTERIOUS' ? 'sent' : 'queued'
}
const STATUSES = ['RUNNING', 'CLOSED', 'ERROR', 'FROZEN', 'CREATEFAILED', 'DELETING', 'DELETED', 'MYSTERIOUS']
const AT_WORK = ['RESTARTING', 'FLUSHING', 'STARTING', 'CLOSING', 'EXTENDING', 'RESTORING', 'CREATING']
const RARE = ['IPEXCHANGING', 'ROLLBACKING', 'UPGRADING', 'MIGRATING', 'FREEZING', 'PAYING', ' restarting ']

describe.for(NAMES)('%s', (operation) => {
  test.for([...STATUSES, ...AT_WORK, ...RARE])('of an instance that is %s', async (status) => {
    instance().status = status
    const { id } = await ask(operation)
    await world.pass(1_000)
    const { state, outcome } = world.get(id)
    expect(sent().length > 0 ? 'sent' : state).toBe(becomes(operation, status))
    if (state !== 'failed') return
    const isSo = status === (operation === START ? 'RUNNING' : 'CLOSED') && /\.instance\.(start|stop)$/.test(operation)
    const why = isSo ? ': nothing to do' : ': not possible in this state'
    expect(outcome?.summary).toContain(
      `nothing was done: ${operation}: the instance is ${isSo ? 'already ' : ''}${status}${why}`,
    )
    expect(world.holders()).toEqual([])
  })

  test('waits while something works on it, and is sent once', async () => {
    instance().status = operation === START ? 'CLOSED' : 'RUNNING'
    let task: string | null = 'BACKUPING'
    const { call } = world.ports
    world.ports.call = async (one, input, place) => {
      const answer = await call(one, input, place)
      return one.name === 'dcs.instance.show' && task ? one.output.parse({ ...(answer as object), task }) : answer
    }
    const { id } = await ask(operation)
    await world.pass(3 * MINUTE)
    expect([world.get(id).state, sent()]).toEqual(['queued', []])
    expect(world.get(id).progress.lastObserved).toContain('at work: ')
    task = null
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, sent()]).toEqual(['succeeded', [operation]])
  })
})

describe.for(['dcs.instance.restart', 'dcs.instance.soft-restart', 'dcs.instance.flush', STOP, START])(
  'after %s',
  (operation) => {
    const end = operation === STOP ? 'CLOSED' : 'RUNNING'
    const means = (status: string): string => {
      if (status === end) return 'succeeded'
      return /^(ERROR|FROZEN|CREATEFAILED|DELETING|DELETED)$/.test(status) ? 'failed' : 'tracking'
    }

    test.for([...STATUSES, ...AT_WORK, ...RARE])('an instance that stays %s', async (status) => {
      instance().status = operation === START ? 'CLOSED' : 'RUNNING'
      const { id } = await ask(operation)
      await world.pass(1_000)
      expect(sent()).toEqual([operation])
      delete instance().work
      instance().status = status
      await world.pass(20 * MINUTE)
      expect(world.get(id).state).toBe(means(status))
    })
  },
)

describe('a backup that is made', () => {
  let task: string | null
  beforeEach(() => {
    task = 'BACKUPING'
    const { call } = world.ports
    world.ports.call = async (one, input, place) => {
      const answer = await call(one, input, place)
      return one.name === 'dcs.instance.show' && task ? one.output.parse({ ...(answer as object), task }) : answer
    }
  })

  test.for(RESTARTS)('is cancelled by %s on request', async (operation) => {
    const { id } = await ask(operation, { params: { cancelBackup: true } })
    await world.pass(1_000)
    expect(sent()).toEqual([operation])
    // The backup still shows: that proves nothing about the restart.
    instance().status = 'RUNNING'
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, world.get(id).sawWork]).toEqual(['tracking', undefined])
    task = null
    await world.pass(5 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
  })

  test('is no other work', async () => {
    task = 'EXTENDING'
    const { id } = await ask('dcs.instance.restart', { params: { cancelBackup: true } })
    await world.pass(5 * MINUTE)
    expect([world.get(id).state, sent()]).toEqual(['queued', []])
  })

  test.for(NAMES.filter((name) => !RESTARTS.includes(name)))('is waited for by %s', async (operation) => {
    await expect(ask(operation, { params: { cancelBackup: true } })).rejects.toThrow()
  })
})

test('a stop of a stopped instance stops nothing when somebody starts it later', async () => {
  instance().status = 'CLOSED'
  const { id } = await ask(STOP)
  await world.pass(20 * MINUTE)
  instance().status = 'RUNNING'
  await world.pass(40 * MINUTE)
  expect([world.get(id).state, sent(), world.cloud.calls.get(STOP)]).toEqual(['failed', [], undefined])
  expect(world.get(id).outcome?.summary).toContain('is already CLOSED')
})

test('nothing is prepared for an impossible operation', async () => {
  instance().status = 'CLOSED'
  const { id } = await ask(STOP, { params: { ensureBackup: true } })
  await world.pass(5 * MINUTE)
  expect([world.get(id).state, world.cloud.backedUp, sent()]).toEqual(['failed', [], []])
})

describe.for(['DCS.4049', 'DCS.4026'])('%s of an instance that looks free', (code) => {
  test('is no "busy" for ever: after five of them the run ends', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.restart' ? { kind: 'busy', change: 'none', code, byState: true } : undefined
    const { id, createdAt } = await ask('dcs.instance.restart')
    await world.pass(20 * MINUTE)
    const { state, endedAt = '', outcome } = world.get(id)
    const minutes = (Date.parse(endedAt) - Date.parse(createdAt)) / MINUTE
    expect([state, world.cloud.calls.get('dcs.instance.restart'), minutes > 3, minutes < 6]).toEqual([
      'failed',
      5,
      true,
      true,
    ])
    expect([outcome?.summary.includes(code), world.holders()]).toEqual([true, []])
  })

  test('is waited for if it is temporary: a status may lag', async () => {
    const until = world.now() + 2 * MINUTE
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.restart' && world.now() < until
        ? { kind: 'busy', change: 'none', code, byState: true }
        : undefined
    const { id } = await ask('dcs.instance.restart')
    await world.pass(20 * MINUTE)
    expect([world.get(id).state, sent()]).toEqual(['succeeded', ['dcs.instance.restart']])
  })

  test('is counted anew after the instance was seen at work', async () => {
    let shown = 0
    world.cloud.fault = (operation) => {
      instance().status = shown++ % 4 < 2 ? 'RUNNING' : 'EXTENDING'
      return operation === 'dcs.instance.restart' ? { kind: 'busy', change: 'none', code, byState: true } : undefined
    }
    const { id } = await ask('dcs.instance.restart')
    await world.pass(20 * MINUTE)
    expect(world.get(id).state).toBe('queued')
  })
})

test('the table for people has every state, with its source', () => {
  expect(tableOfStates()).toMatch(
    /^\| Status \| `restart` \|.*\n\| --- .*\n\| `RUNNING` \| sent \| sent \| sent \| sent \| refused, is so \|/,
  )
  expect(tableOfStates().split('\n')).toHaveLength(2 + 20)
})
