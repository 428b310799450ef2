import { beforeEach, describe, expect, test } from 'vitest'
import { isFinal } from '../../../lib/runs/states.ts'
import type { Fault } from '../../world/fake-dcs.ts'
import { Crash, createWorld, type World } from '../../world/world.ts'

/** A backup before what stops or deletes: made once, whatever happens, and the operation after it. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const OPERATIONS = ['dcs.node.stop', 'dcs.instance.stop', 'dcs.instance.flush'] as const
const BACKUP = { params: { ensureBackup: true } }

let world: World

beforeEach(() => {
  world = createWorld()
})

const backupsAsked = (on = world): number => on.cloud.calls.get('dcs.backup.create') ?? 0
const sent = (operation: string, on = world): number => on.cloud.calls.get(operation) ?? 0
const hasBackup = (status: string, at: number, remark = ''): void => {
  world.cloud.instance(INSTANCE).backups.push({ status, remark, at })
}
/** As DCS does: it refuses until a good backup is there. */
const asksForBackup = (on: World): Fault | undefined =>
  on.cloud.instance(INSTANCE).backups.some(({ status }) => status === 'succeed')
    ? undefined
    : { kind: 'precondition', change: 'none', code: 'DCS.2001' }

describe.for(OPERATIONS)('%s with ensureBackup', (operation) => {
  const request = { operation, ...BACKUP }

  test('makes one backup, waits for it, and is sent once', async () => {
    world.cloud.fault = (name) => (name === operation ? asksForBackup(world) : undefined)
    const { id, deadlineAt, createdAt } = await world.accept(request)
    await world.pass(10 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'succeeded', busyAnswers: 0, deadlineAt })
    expect(Date.parse(deadlineAt) - Date.parse(createdAt)).toBe((operation === 'dcs.instance.stop' ? 100 : 90) * MINUTE)
    expect([world.cloud.backedUp, backupsAsked(), sent(operation)]).toEqual([[INSTANCE], 1, 1])
    expect(world.cloud.writes).toEqual([{ instanceId: INSTANCE, operation }])
    expect(world.cloud.instance(INSTANCE).backups.map(({ remark }) => remark)).toEqual([`steadyhand ${id}`])
    expect(world.published.map((run) => [run.id, run.state])).toEqual([[id, 'succeeded']])
    expect([world.withoutLease, world.lostLeases, world.holders().length]).toEqual([[], [], 0])
  })

  test('has its full time after a long one', async () => {
    world.cloud.fault = (name) => (name === operation ? asksForBackup(world) : undefined)
    world.cloud.workMs = () => 80 * MINUTE
    const { id } = await world.accept(request)
    await world.pass(82 * MINUTE)
    const { state, acceptedAt = '', deadlineAt } = world.get(id)
    const minutes = operation === 'dcs.instance.stop' ? 40 : 30
    expect(state).toBe('tracking')
    expect(Date.parse(deadlineAt) - Date.parse(acceptedAt)).toBe(minutes * MINUTE)
  })

  test('makes none where a good one is there, and is sent at once', async () => {
    hasBackup('succeed', world.now() - 2 * HOUR)
    const { id } = await world.accept(request)
    await world.pass(1_000)
    expect([world.get(id).state, world.get(id).preparedAt, backupsAsked(), sent(operation)]).toEqual([
      'tracking',
      undefined,
      0,
      1,
    ])
  })

  test('is not checked for one without the option: DCS itself says', async () => {
    const { id } = await world.accept({ operation })
    await world.pass(10 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    expect([world.cloud.calls.get('dcs.backup.list'), backupsAsked(), sent(operation)]).toEqual([undefined, 0, 1])
  })

  test('ends failed where its backup fails, and nothing is sent', async () => {
    world.cloud.workFails = () => true
    const { id } = await world.accept(request)
    await world.pass(10 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: {
        summary: 'nothing was done but the backup before it: the backup before it ended as failed',
        providerDone: true,
      },
    })
    expect([backupsAsked(), sent(operation), world.holders().length]).toEqual([1, 0, 0])
  })

  test('asks once whatever crashes: at every use of a port, before and after', async () => {
    const tellsCrashAt = async (
      place: number,
    ): Promise<{ uses: number; crashed: string; ended: World; id: string }> => {
      const crashing = createWorld()
      crashing.cloud.fault = (name) => (name === operation ? asksForBackup(crashing) : undefined)
      let uses = 0
      let crashed = ''
      crashing.hook = (port, when) => {
        if (uses++ !== place) return
        crashed = `${when} ${port}`
        throw new Crash()
      }
      const accepted = await crashing.accept(request).catch(() => crashing.accept(request))
      await crashing.pass(2 * HOUR)
      return { uses, crashed, ended: crashing, id: accepted.id }
    }
    const { uses } = await tellsCrashAt(Number.POSITIVE_INFINITY)
    expect(uses).toBeGreaterThan(40)
    const states: Record<string, number> = {}
    for (let place = 0; place < uses; place++) {
      const { crashed, ended, id } = await tellsCrashAt(place)
      const run = ended.get(id)
      const notified = [...new Set(ended.published.map(({ state }) => state))]
      expect([crashed, isFinal(run.state), notified]).toEqual([crashed, true, [run.state]])
      expect([crashed, backupsAsked(ended) <= 1, sent(operation, ended) <= 1]).toEqual([crashed, true, true])
      const nothing = run.outcome?.summary.startsWith('nothing was done') === true
      expect([crashed, ended.cloud.writes.length]).toEqual([crashed, nothing ? 0 : ended.cloud.writes.length])
      expect([crashed, run.state === 'succeeded' && ended.cloud.backedUp.length !== 1]).toEqual([crashed, false])
      expect([crashed, ended.withoutLease, ended.lostLeases]).toEqual([crashed, [], []])
      states[run.state] = (states[run.state] ?? 0) + 1
    }
    // After the intent and before the call the backup never shows (2), nor does the operation (2); and when somebody searches
    // for a flush it is over, and leaves no trace (2). Whatever else dies is found, or carried on.
    const unknown = operation === 'dcs.instance.flush' ? 4 : 2
    expect({ ...states, succeeded: 'nearly all' }).toEqual({ failed: 2, unknown, succeeded: 'nearly all' })
  })

  test('asks once though every message comes twice, together', async () => {
    world.post = () => [0, 0]
    const { id } = await world.accept(request)
    await world.pass(10 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    expect([backupsAsked(), world.cloud.backedUp.length, sent(operation)]).toEqual([1, 1, 1])
    expect(world.published).toHaveLength(1)
  })

  test('asks once though every message comes twice, and the second while the first is slow', async () => {
    world.post = () => [0, 3_000]
    world.tookMs = (port) => (port === 'write' ? 2_000 : port === 'read' ? 500 : 0)
    const { id } = await world.accept(request)
    await world.pass(20 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    expect([backupsAsked(), sent(operation)]).toEqual([1, 1])
  })

  test('is carried on by the sweeper where every message is lost', async () => {
    world.post = () => []
    const { id } = await world.accept(request)
    await world.pass(5 * MINUTE)
    expect([world.get(id).state, backupsAsked()]).toEqual(['queued', 0])
    world.post = ({ at }) => (at > world.now() ? [] : [0])
    await world.pass(30 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    expect([backupsAsked(), sent(operation)]).toEqual([1, 1])
  })
})

describe('the wait for a backup', () => {
  const request = { operation: 'dcs.node.stop', ...BACKUP }

  test('says what is going on', async () => {
    world.cloud.workMs = () => 5 * MINUTE
    const { id } = await world.accept(request)
    await world.pass(1_000)
    expect(world.get(id)).toMatchObject({ state: 'queued', progress: { lastObserved: 'BACKUP REQUESTED' } })
    await world.pass(MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'queued', progress: { lastObserved: 'BACKUP BACKUPING 0.00' } })
    expect(world.get(id).preparedAt).toBe(world.get(id).createdAt)
  })

  test('is observed every quarter of a minute, and is not counted as busy', async () => {
    world.cloud.workMs = () => 5 * MINUTE
    const { id } = await world.accept(request)
    await world.pass(4 * MINUTE)
    expect(world.cloud.calls.get('dcs.backup.list')).toBe(1 + 4 * 4)
    expect(world.get(id)).toMatchObject({ busyAnswers: 0 })
  })

  test('holds the instance: another run is refused and names the holder', async () => {
    world.cloud.workMs = () => 5 * MINUTE
    const first = await world.accept(request)
    await world.pass(2 * MINUTE)
    const second = await world.accept({ operation: 'dcs.instance.restart', idempotencyKey: 'two' })
    await world.pass(MINUTE)
    expect(world.get(second.id)).toMatchObject({
      state: 'refused',
      outcome: { summary: expect.stringContaining(first.id) },
    })
    await world.pass(20 * MINUTE)
    expect(world.get(first.id).state).toBe('succeeded')
    expect(world.cloud.writes.map(({ operation }) => operation)).toEqual(['dcs.node.stop'])
  })

  test('that outlasts the deadline ends timed-out, with what was seen last; nothing was sent, and the instance stays reserved while the backup goes on', async () => {
    world.cloud.workMs = () => 1_000 * MINUTE
    const { id, deadlineAt } = await world.accept(request)
    await world.pass(100 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'timed-out',
      outcome: {
        summary: `nothing was done but the backup before it: the deadline ${deadlineAt} passed before it could be sent; the last answer was: BACKUP BACKUPING 0.00`,
        providerDone: false,
      },
    })
    expect(world.get(id).updatedAt < new Date(Date.parse(deadlineAt) + 90_000).toISOString()).toBe(true)
    expect([backupsAsked(), sent('dcs.node.stop'), world.holders().length]).toEqual([1, 0, 1])
    const next = await world.accept({ idempotencyKey: 'next', collision: 'queue' })
    await world.pass(5 * MINUTE)
    expect(world.get(next.id).progress.lastObserved).toBe(`waits for run ${id} (dcs.node.stop)`)
    for (const one of world.cloud.instance(INSTANCE).backups) one.status = 'succeed'
    Object.assign(world.cloud.instance(INSTANCE), { work: undefined })
    world.cloud.workMs = () => 20_000
    await world.pass(5 * MINUTE)
    expect(world.get(next.id).state).toBe('succeeded')
  })

  test("is for somebody else's backup, too: none is made beside it", async () => {
    const it = world.cloud.instance(INSTANCE)
    hasBackup('backuping', world.now())
    it.work = {
      until: world.now() + 3 * MINUTE,
      end: () => Object.assign(it.backups[0] ?? {}, { status: 'succeed', at: world.now() }),
    }
    const { id } = await world.accept(request)
    await world.pass(2 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'queued', progress: { lastObserved: 'BACKUP BACKUPING 0.00' } })
    await world.pass(10 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    expect([backupsAsked(), sent('dcs.node.stop')]).toEqual([0, 1])
  })

  test("makes its own after somebody else's has failed", async () => {
    const it = world.cloud.instance(INSTANCE)
    hasBackup('backuping', world.now())
    it.work = { until: world.now() + MINUTE, end: () => Object.assign(it.backups[0] ?? {}, { status: 'failed' }) }
    const { id } = await world.accept(request)
    await world.pass(10 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    expect([world.cloud.backedUp.length, sent('dcs.node.stop')]).toEqual([1, 1])
  })
})

describe('the call for a backup', () => {
  const request = { operation: 'dcs.node.stop', ...BACKUP }
  const failing = (fault: Fault, times = 1): void => {
    let left = times
    world.cloud.fault = (operation) => (operation === 'dcs.backup.create' && left-- > 0 ? fault : undefined)
  }

  test('that finds the instance busy is made again later, and only then noted', async () => {
    world.cloud.instance(INSTANCE).work = { until: world.now() + 2 * MINUTE, end: () => {} }
    const { id } = await world.accept(request)
    await world.pass(MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'queued',
      progress: { lastObserved: expect.stringContaining('DCS.4111') },
    })
    expect(world.get(id).preparedAt).toBeUndefined()
    await world.pass(10 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'succeeded', busyAnswers: 4 })
    expect([world.cloud.backedUp.length, backupsAsked(), sent('dcs.node.stop')]).toEqual([1, 5, 1])
  })

  test.for(['throttled', 'unavailable', 'network'] as const)(
    'that was certainly not taken (%s) is made again',
    async (kind) => {
      failing({ kind, change: 'none' }, 2)
      const { id } = await world.accept(request)
      await world.pass(10 * MINUTE)
      expect(world.get(id).state).toBe('succeeded')
      expect([world.cloud.backedUp.length, backupsAsked(), sent('dcs.node.stop')]).toEqual([1, 3, 1])
    },
  )

  test.for(['denied', 'unsupported', 'not-found', 'invalid'] as const)(
    'that is refused for good (%s) ends the run, and nothing is sent',
    async (kind) => {
      failing({ kind, change: 'none', code: 'DCS.4095' }, 99)
      const { id } = await world.accept(request)
      await world.pass(10 * MINUTE)
      expect(world.get(id)).toMatchObject({
        state: 'failed',
        outcome: { summary: expect.stringMatching(/^nothing was done: dcs\.backup\.create: /), error: { kind } },
      })
      // Only where no backup can ever be made, going without is a choice.
      const choice = 'Repeat the request without ensureBackup if its data may be lost'
      expect(world.get(id).outcome?.summary.endsWith(choice)).toBe(kind === 'unsupported')
      expect([backupsAsked(), sent('dcs.node.stop'), world.holders().length]).toEqual([1, 0, 0])
    },
  )

  test.for(['timeout', 'unavailable', 'unreadable', 'network'] as const)(
    'whose outcome is unknown (%s), and was made, is observed and never made again',
    async (kind) => {
      failing({ kind, change: 'unknown', took: true }, 99)
      const { id } = await world.accept(request)
      await world.pass(10 * MINUTE)
      expect(world.get(id).state).toBe('succeeded')
      expect([world.cloud.backedUp.length, backupsAsked(), sent('dcs.node.stop')]).toEqual([1, 1, 1])
    },
  )

  test('whose outcome is unknown, and was not made, ends the run after five minutes and is never made again', async () => {
    failing({ kind: 'timeout', change: 'unknown' }, 99)
    const { id } = await world.accept(request)
    await world.pass(4.9 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'queued', progress: { lastObserved: 'BACKUP NOT LISTED YET' } })
    await world.pass(MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: {
        summary: 'nothing was done but the backup before it: the backup that was requested before it is not listed',
      },
    })
    expect([backupsAsked(), sent('dcs.node.stop'), world.holders().length]).toEqual([1, 0, 0])
  })

  test.for([
    ['a repeat of the message', 0],
    ['the sweeper', 45_000],
  ] as const)(
    'that is slow and finds the instance busy is made again, though %s comes meanwhile',
    async ([by, late]) => {
      const { call } = world.ports
      let slow = true
      world.ports.call = async (operation, input, place) => {
        const wait = operation.name === 'dcs.backup.create' && slow ? 18_000 : 0
        slow &&= wait === 0
        if (wait > 0) await world.until(world.now() + wait)
        return call(operation, input, place)
      }
      failing({ kind: 'busy', change: 'none', code: 'DCS.4096' })
      let first = true
      world.post = () => {
        const copies = by === 'the sweeper' ? [late] : [0, 5_000]
        const on = first ? copies : [0]
        first = false
        return on
      }
      const { id } = await world.accept(request)
      await world.pass(20 * MINUTE)
      expect(world.get(id).state).toBe('succeeded')
      expect([world.cloud.backedUp.length, backupsAsked(), sent('dcs.node.stop')]).toEqual([1, 2, 1])
    },
  )

  test('waits for a list that cannot be read for a while, without the sweeper', async () => {
    world.sweeps = false
    const until = world.now() + 2 * MINUTE
    world.cloud.fault = (operation) =>
      operation === 'dcs.backup.list' && world.now() < until ? { kind: 'unavailable', change: 'none' } : undefined
    const { id } = await world.accept(request)
    await world.pass(20 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'succeeded', busyAnswers: 4 })
    expect([backupsAsked(), sent('dcs.node.stop')]).toEqual([1, 1])
  })

  test('is not made where the list may not be read', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.backup.list' ? { kind: 'denied', change: 'none', code: 'DCS.2003' } : undefined
    const { id } = await world.accept(request)
    await world.pass(1_000)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: {
        summary:
          'nothing was done: dcs.backup.list: DCS.2003: as the test wants it. Give the account the permission for this action',
        error: { kind: 'denied' },
      },
    })
    expect([backupsAsked(), sent('dcs.node.stop')]).toEqual([0, 0])
  })
})

describe('after the backup', () => {
  const request = { operation: 'dcs.node.stop', ...BACKUP }

  test('a busy instance is waited for, and no second backup is made', async () => {
    let answers = 0
    world.cloud.fault = (operation) =>
      operation === 'dcs.node.stop' && answers++ < 3 ? { kind: 'busy', change: 'none', code: 'DCS.4096' } : undefined
    const { id } = await world.accept(request)
    await world.pass(20 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'succeeded', busyAnswers: 3 })
    expect([backupsAsked(), sent('dcs.node.stop'), world.cloud.writes.length]).toEqual([1, 4, 1])
  })

  test('where DCS does not take what is there for fresh, a new one is made, once', async () => {
    hasBackup('succeed', world.now() - 22 * HOUR)
    world.cloud.fault = (operation) => {
      const { backups } = world.cloud.instance(INSTANCE)
      const isTaken = operation !== 'dcs.node.stop' || backups.some(({ at }) => at > world.now() - HOUR)
      return isTaken ? undefined : { kind: 'precondition', change: 'none', code: 'DCS.2001' }
    }
    const { id } = await world.accept(request)
    await world.pass(20 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    expect([backupsAsked(), sent('dcs.node.stop'), world.cloud.writes.length]).toEqual([1, 2, 1])
  })

  test('where DCS takes no backup for fresh, the run ends after one', async () => {
    hasBackup('succeed', world.now() - 22 * HOUR)
    world.cloud.fault = (operation) =>
      operation === 'dcs.node.stop' ? { kind: 'precondition', change: 'none', code: 'DCS.2001' } : undefined
    const { id } = await world.accept(request)
    await world.pass(40 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'failed', outcome: { error: { code: 'DCS.2001' } } })
    expect(world.get(id).outcome?.summary).not.toContain('Repeat the request with params')
    expect([backupsAsked(), sent('dcs.node.stop'), world.cloud.writes.length]).toEqual([1, 2, 0])
  })

  test('what DCS refuses all the same ends the run, and nobody is asked for a backup', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.node.stop' ? { kind: 'precondition', change: 'none', code: 'DCS.2001' } : undefined
    const { id } = await world.accept(request)
    await world.pass(20 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'failed', outcome: { error: { code: 'DCS.2001' } } })
    // It did have ensureBackup.
    expect(world.get(id).outcome?.summary).not.toContain('Repeat the request with params')
    expect([backupsAsked(), sent('dcs.node.stop')]).toEqual([1, 1])
  })
})

test('without ensureBackup, DCS.2001 ends failed and says how to ask for one', async () => {
  world.cloud.fault = (operation) => (operation === 'dcs.node.stop' ? asksForBackup(world) : undefined)
  const { id } = await world.accept({ operation: 'dcs.node.stop' })
  await world.pass(10 * MINUTE)
  expect(world.get(id)).toMatchObject({
    state: 'failed',
    outcome: {
      summary:
        'nothing was done: dcs.node.stop: DCS.2001: as the test wants it. Repeat the request with params {"ensureBackup": true} to make a backup first',
      providerDone: true,
      error: { kind: 'precondition', code: 'DCS.2001' },
    },
  })
  expect([backupsAsked(), sent('dcs.node.stop')]).toEqual([0, 1])
})

describe('dcs.shard.failover', () => {
  const request = {
    operation: 'dcs.shard.failover',
    target: { instanceId: INSTANCE, groupId: 'g', nodeId: 'node-2' },
  }

  test('is sent once, followed by its job, and proven by the master of the shard', async () => {
    const { id } = await world.accept(request)
    await world.pass(5 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'succeeded',
      baseline: { masters: { g: 'node-1' } },
      progress: { observedCounts: { RUNNING: expect.any(Number), SUCCESS: 1, 'master AS ASKED': 2 } },
      outcome: {
        summary: expect.stringMatching(
          /^dcs\.shard\.failover of 2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef succeeded: its job is SUCCESS, then the node is master of its shard \(after \d+ s\)$/,
        ),
      },
    })
    expect(world.cloud.writes).toEqual([{ instanceId: INSTANCE, operation: 'dcs.shard.failover' }])
  })

  test('that made another node master has failed', async () => {
    const { id } = await world.accept(request)
    await world.pass(3_000)
    Object.assign(world.cloud.instance(INSTANCE), { work: undefined, master: 'node-3' })
    await world.pass(20 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: { summary: expect.stringContaining('master ANOTHER NODE') },
    })
  })

  test('of an instance that has no shards is not sent', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.group.list' ? { kind: 'unsupported', change: 'none', code: 'DCS.4027' } : undefined
    const { id } = await world.accept(request)
    await world.pass(MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'failed', outcome: { error: { code: 'DCS.4027' } } })
    expect(sent('dcs.shard.failover')).toBe(0)
  })
})
