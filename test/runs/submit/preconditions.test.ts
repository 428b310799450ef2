import { beforeEach, describe, expect, test } from 'vitest'
import { plan } from '../../../lib/runs/plan/plan.ts'
import { CLUSTER, createFakeEmr, type FakeEmr, process } from '../../world/fake-emr.ts'
import { createWorld, type World } from '../../world/world.ts'

/** What must hold before an operation is sent: checked right before it, and in plans. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const OTHER = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4e0'
const SWAP = { operation: 'dcs.instance.swap' }
const FAILOVER = {
  operation: 'dcs.shard.failover',
  target: { instanceId: INSTANCE, groupId: 'g', nodeId: 'node-2' },
}
const FLUSH = { operation: 'dcs.instance.flush', params: { backupWithinMinutes: 60 } }

let world: World
beforeEach(() => {
  world = createWorld()
})

const sent = (): string[] => world.cloud.writes.map(({ operation }) => operation)
const reads = (name: string): number => world.cloud.calls.get(name) ?? 0
const isSyncing = (ms: number): void => {
  world.cloud.instance(INSTANCE).syncs = { from: world.now(), until: world.now() + ms }
}
const backup = (agoMs: number, status = 'succeed', id = INSTANCE): void => {
  world.cloud.instance(id).backups.push({ status, remark: '', at: world.now() - agoMs })
}

describe.for([SWAP, FAILOVER])('$operation', (request) => {
  test('waits while its replica is not Active, and is sent once', async () => {
    isSyncing(3 * MINUTE)
    const { id } = await world.accept(request)
    await world.pass(2 * MINUTE)
    const { state, progress, busyAnswers } = world.get(id)
    expect([state, sent(), world.holders()]).toEqual(['queued', [], [id]])
    expect(progress.lastObserved).toMatch(/^dcs\.\S+: .*node-2 is (not Active: )?Inactive$/)
    expect(busyAnswers).toBeGreaterThan(1)
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, sent()]).toEqual(['succeeded', [request.operation]])
  })

  test('ends as failed at its deadline where it never becomes Active, and nothing was sent', async () => {
    isSyncing(24 * HOUR)
    const { id } = await world.accept(request)
    await world.pass(31 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: { summary: expect.stringMatching(/^nothing was done: .*Inactive$/), error: { kind: 'busy' } },
    })
    expect([sent(), reads(request.operation), world.holders()]).toEqual([[], 0, []])
  })

  test('waits while its replicas cannot be read', async () => {
    let isLost = true
    world.cloud.fault = (name) =>
      isLost && name === 'dcs.group.list' ? { kind: 'network', change: 'none' } : undefined
    const { id } = await world.accept(request)
    await world.pass(5 * MINUTE)
    expect([world.get(id).state, sent(), reads(request.operation)]).toEqual(['queued', [], 0])
    isLost = false
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, sent()]).toEqual(['succeeded', [request.operation]])
  })

  test('ends as failed where they may not be read', async () => {
    world.cloud.fault = (name) => (name === 'dcs.group.list' ? { kind: 'denied', change: 'none' } : undefined)
    const { id } = await world.accept(request)
    await world.pass(MINUTE)
    expect([world.get(id).state, sent(), reads(request.operation)]).toEqual(['failed', [], 0])
  })

  test('reads no more than its gate and its baseline do', async () => {
    await world.accept(request)
    await world.pass(1_000)
    expect(world.cloud.calls).toEqual(
      new Map([
        ['dcs.instance.show', 1],
        ['dcs.group.list', 1],
        [request.operation, 1],
      ]),
    )
  })
})

test('a failover to a node that its shard does not list is not sent', async () => {
  const { id } = await world.accept({ ...FAILOVER, target: { ...FAILOVER.target, nodeId: 'node-9' } })
  await world.pass(MINUTE)
  expect(world.get(id)).toMatchObject({
    state: 'failed',
    outcome: { summary: 'nothing was done: dcs.shard.failover: the shard lists no node node-9' },
  })
  expect(reads('dcs.shard.failover')).toBe(0)
})

describe('a flush with backupWithinMinutes', () => {
  test('is sent with a good backup of that age', async () => {
    backup(59 * MINUTE)
    const { id } = await world.accept(FLUSH)
    await world.pass(5 * MINUTE)
    expect([world.get(id).state, sent(), reads('dcs.backup.list')]).toEqual(['succeeded', ['dcs.instance.flush'], 1])
  })

  test('fails without one, says what to do, and nothing is sent', async () => {
    backup(2 * HOUR)
    const { id } = await world.accept(FLUSH)
    await world.pass(MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: {
        summary:
          'nothing was done: dcs.instance.flush: the newest good backup is 120 min old; backupWithinMinutes is 60. ' +
          'Repeat the request with params {"ensureBackup": true} to make a backup first',
        error: { kind: 'precondition' },
      },
    })
    expect([sent(), reads('dcs.instance.flush'), reads('dcs.backup.create')]).toEqual([[], 0, 0])
  })

  test('waits for one that is being made', async () => {
    backup(2 * HOUR)
    backup(0, 'backuping')
    const { id } = await world.accept(FLUSH)
    await world.pass(2 * MINUTE)
    expect([world.get(id).state, sent()]).toEqual(['queued', []])
    const [, made] = world.cloud.instance(INSTANCE).backups
    Object.assign(made ?? {}, { status: 'succeed', at: world.now() })
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, sent()]).toEqual(['succeeded', ['dcs.instance.flush']])
  })

  test('waits while backups cannot be read', async () => {
    backup(MINUTE)
    world.cloud.fault = (name) => (name === 'dcs.backup.list' ? { kind: 'timeout', change: 'none' } : undefined)
    const { id } = await world.accept(FLUSH)
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, sent(), reads('dcs.instance.flush')]).toEqual(['queued', [], 0])
  })

  test('and ensureBackup makes one where the last is older, though of this day, and is sent after it', async () => {
    backup(2 * HOUR)
    // Longer than the age that is asked for.
    world.cloud.workMs = () => 50 * MINUTE
    const { id } = await world.accept({ ...FLUSH, params: { backupWithinMinutes: 30, ensureBackup: true } })
    await world.pass(52 * MINUTE)
    const { state, insists, busyAnswers } = world.get(id)
    expect([world.cloud.backedUp, sent(), state]).toEqual([[INSTANCE], ['dcs.instance.flush'], 'tracking'])
    expect([insists, busyAnswers]).toEqual([undefined, 0])
  })

  test('and ensureBackup makes none where the last is of that age', async () => {
    backup(20 * MINUTE)
    const { id } = await world.accept({ ...FLUSH, params: { backupWithinMinutes: 30, ensureBackup: true } })
    await world.pass(5 * MINUTE)
    expect([world.cloud.backedUp, world.get(id).state, reads('dcs.backup.list')]).toEqual([[], 'succeeded', 1])
  })

  test('of many instances: one without a backup keeps none of the others back', async () => {
    backup(MINUTE, 'succeed', OTHER)
    const runs = await world.acceptMany([INSTANCE, OTHER], FLUSH)
    await world.pass(5 * MINUTE)
    expect(runs.map(({ id }) => world.get(id).state)).toEqual(['failed', 'succeeded'])
    expect(world.cloud.writes).toEqual([{ instanceId: OTHER, operation: 'dcs.instance.flush' }])
  })
})

describe('a plan says the same as the run that follows', () => {
  const planned = async (request: object) => {
    const asked = {
      target: { instanceId: INSTANCE },
      source: { kind: 'http' as const, name: 'api', id: 'test' },
      ...{ operation: '', collision: 'reject' as const, idempotencyKey: 'plan' },
      ...request,
    }
    const [one] = await plan({ ...world.ports, show: async () => ({}) as never }, asked, {
      regions: { huawei: 'cn-north-4', tencent: 'ap-guangzhou' },
      deadlineAtMs: world.now() + 20_000,
    })
    return one
  }

  const synced = (): void => isSyncing(HOUR)
  const old = (): void => backup(2 * HOUR)
  const making = (): void => backup(0, 'backuping')
  const stopped = (): void => void Object.assign(world.cloud.instance(INSTANCE), { status: 'CLOSED' })
  const unread =
    (read: string, kind: 'network' | 'denied' = 'network') =>
    (): void => {
      world.cloud.fault = (name) => (name === read ? { kind, change: 'none' } : undefined)
    }

  test.for<[string, object, () => void, 'sent' | 'queued' | 'failed', object]>([
    ['a swap', SWAP, () => {}, 'sent', { says: 'allow', figures: '1 of 1 replicas Active' }],
    [
      'a swap with a replica that is not Active',
      SWAP,
      synced,
      'queued',
      { says: 'wait', figures: '0 of 1 replicas Active' },
    ],
    ['a swap without an answer', SWAP, unread('dcs.group.list'), 'queued', { says: 'wait' }],
    ['a swap without the right to read', SWAP, unread('dcs.group.list', 'denied'), 'failed', { says: 'refuse' }],
    ['a swap of a stopped instance', SWAP, stopped, 'failed', { name: 'instance-free', says: 'refuse' }],
    ['a failover', FAILOVER, () => {}, 'sent', { says: 'allow', figures: 'Active' }],
    ['a failover to a replica that is not Active', FAILOVER, synced, 'queued', { says: 'wait', figures: 'Inactive' }],
    [
      'a failover to no node of the shard',
      { ...FAILOVER, target: { ...FAILOVER.target, nodeId: 'x' } },
      () => {},
      'failed',
      { says: 'refuse' },
    ],
    ['a flush with an old backup', FLUSH, old, 'failed', { says: 'refuse' }],
    ['a flush with one being made', FLUSH, making, 'queued', { says: 'wait' }],
    ['a flush without an answer', FLUSH, unread('dcs.backup.list'), 'queued', { says: 'wait' }],
    ['a flush that asks for none', { operation: 'dcs.instance.flush' }, old, 'sent', { says: 'allow' }],
    [
      'a flush that asks for none, and backups that cannot be read',
      { operation: 'dcs.instance.flush' },
      unread('dcs.backup.list'),
      'sent',
      { says: 'allow' },
    ],
  ])('%s', async ([, request, arrange, becomes, verdict]) => {
    arrange()
    const seen = await planned(request)
    const { name = seen?.preconditions?.at(-1)?.name } = verdict as { name?: string }
    expect(seen?.preconditions?.find((one) => one.name === name)).toMatchObject(verdict)
    const { id } = await world.accept(request)
    await world.pass(1_000)
    const { state } = world.get(id)
    expect([seen?.would, sent().length > 0 ? 'sent' : state]).toEqual([
      { sent: 'be-sent', queued: 'wait', failed: 'be-refused' }[becomes],
      becomes,
    ])
  })

  test('a precondition that does not hold is a blocker of its own kind, and says what the run says', async () => {
    isSyncing(HOUR)
    const reason = 'shard g has no Active replica: node-2 is Inactive'
    const seen = await planned(SWAP)
    expect(seen?.refusedBy).toEqual([{ by: 'precondition', reason, temporary: true }])
    const { id } = await world.accept(SWAP)
    await world.pass(1_000)
    expect(world.get(id).progress.lastObserved).toBe(`dcs.instance.swap: ${reason}`)
  })

  test('one that cannot be read is a failure of the cloud, said once', async () => {
    unread('dcs.group.list')()
    expect((await planned(SWAP))?.refusedBy).toMatchObject([{ by: 'cloud', temporary: true }])
  })

  test('the age of the newest backup is a figure of what deletes, and read for nothing else', async () => {
    backup(26 * HOUR)
    const figures = async (operation: string) =>
      (await planned({ operation }))?.preconditions?.find(({ name }) => name === 'backup-fresh')?.figures
    const age = 'the newest good backup is 1560 min old'
    expect([await figures('dcs.instance.flush'), await figures('dcs.instance.stop')]).toEqual([age, age])
    const before = reads('dcs.backup.list')
    expect([await figures('dcs.instance.restart'), reads('dcs.backup.list') - before]).toEqual([undefined, 0])
  })
})

describe('a cluster of EMR', () => {
  let emr: FakeEmr
  const RESTART = {
    operation: 'emr.service.restart',
    target: { region: 'ap-guangzhou', clusterId: CLUSTER, services: [{ name: 'HDFS' }] },
    params: { strategy: { rolling: false } },
  }
  beforeEach(() => {
    emr = createFakeEmr(world.now, world.cloud.writes)
    emr.processes = [process('HDFS', 'DataNode', '10.0.0.11')]
    world.cloud.call = emr.call
  })
  const asked = (api: string): number => emr.asked.filter((one) => one.api === api).length

  test('is read once for its gate and its baseline', async () => {
    await world.accept(RESTART)
    await world.pass(1_000)
    expect([asked('DescribeInstances'), asked('StartStopServiceOrMonitor')]).toEqual([1, 1])
  })

  test.for<[number, string, number]>([
    [2, 'submitting', 1],
    [8, 'queued', 0],
    [19, 'failed', 0],
  ])('of status %i leaves the run %s', async ([status, state, calls]) => {
    emr.status = status
    const { id } = await world.accept(RESTART)
    await world.pass(1_000)
    expect([world.history.get(id)?.some((run) => run.state === state), asked('StartStopServiceOrMonitor')]).toEqual([
      ...[true, calls],
    ])
  })
})
