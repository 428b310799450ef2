import { beforeEach, describe, expect, test } from 'vitest'
import { isFinal } from '../../lib/runs/states.ts'
import { CLUSTER, createFakeEmr, type FakeEmr, process } from '../world/fake-emr.ts'
import { Crash, createWorld, type World } from '../world/world.ts'

/** Runs on a cluster that does one thing at a time and tells of no job: seen by what its processes become. */

const MINUTE = 60_000
const TARGET = { region: 'ap-guangzhou', clusterId: CLUSTER, services: [{ name: 'HDFS' }] }
const ALL_AT_ONCE = { strategy: { rolling: false } }
const ROLLING = { strategy: { rolling: true, batchSize: 1, waitSeconds: 60 } }

let world: World
let emr: FakeEmr

const begin = (): void => {
  world = createWorld()
  const { call } = world.cloud
  emr = createFakeEmr(world.now, world.cloud.writes)
  emr.processes = ['10.0.0.11', '10.0.0.12', '10.0.0.13'].map((ip) => process('HDFS', 'DataNode', ip))
  world.cloud.call = (operation, input, place) =>
    operation.service.provider === 'tencent' ? emr.call(operation, input, place) : call(operation, input, place)
}

beforeEach(begin)

const restart = (params: object = ALL_AT_ONCE, key = 'key') =>
  world.accept({ operation: 'emr.service.restart', target: TARGET, params, idempotencyKey: key })
const sent = (): number => emr.asked.filter(({ api }) => api === 'StartStopServiceOrMonitor').length
const statesOf = (id: string): string[] => [...new Set(world.history.get(id)?.map(({ state }) => state))]

test('what is as asked already is believed only after two minutes: it may be to begin', async () => {
  for (const one of emr.processes) one.started = false
  emr.workMs = () => 0
  const { id } = await world.accept({ operation: 'emr.service.stop', target: TARGET, params: {} })
  await world.pass(115_000)
  expect([sent(), world.get(id).state]).toEqual([1, 'tracking'])
  await world.pass(MINUTE)
  expect(world.get(id)).toMatchObject({ state: 'succeeded', progress: { observedCounts: { 'processes STOPPED': 3 } } })
})

describe('an operation that goes well', () => {
  test.for([
    ['emr.service.start', {}, { started: false }, 'LEAVING PAUSE', 'STARTED'],
    ['emr.service.stop', {}, {}, 'PAUSING SERVICE', 'STOPPED'],
    ['emr.service.restart', ALL_AT_ONCE, {}, 'RESTARTING SERVICE', 'RESTARTED'],
    ['emr.monitor.start', {}, { inMaintenance: true }, 'LEAVING MAINTENANCE', 'MONITORED'],
    ['emr.monitor.stop', { keepMonitor: true }, {}, 'ENTERING MAINTENANCE', 'IN MAINTENANCE'],
  ] as const)('%s is sent once and proven', async ([operation, params, before, during, after]) => {
    for (const one of emr.processes) Object.assign(one, before)
    const { id } = await world.accept({ operation, target: TARGET, params })
    await world.pass(5 * MINUTE)
    // Only a restart shows by one observation that it is over: the others may be observed as they were before.
    const verifying = after === 'RESTARTED' ? [] : ['verifying']
    expect(statesOf(id)).toEqual(['queued', 'submitting', 'tracking', ...verifying, 'succeeded'])
    const later = after === 'RESTARTED' ? ', later than before' : ''
    const proof = `the cluster is idle, then every targeted process (3) is ${after.toLowerCase()}${later}`
    expect(world.get(id)).toMatchObject({
      requestId: 'request-1',
      progress: {
        observedCounts: {
          [during]: expect.any(Number),
          RUNNING: 1,
          [`processes ${after}`]: after === 'RESTARTED' ? 1 : 3,
        },
      },
      outcome: {
        summary: expect.stringMatching(/^emr\.\w+\.\w+ of emr-4zvc5mul succeeded: the cluster.* \(after \d+ s\)/),
      },
    })
    expect(world.get(id).outcome?.summary.split(/ succeeded: | \(after /)[1]).toBe(proof)
    expect([sent(), world.cloud.writes]).toEqual([1, [{ instanceId: CLUSTER, operation }]])
    expect(world.published.map((run) => [run.id, run.state])).toEqual([[id, 'succeeded']])
    expect([world.withoutLease, world.lostLeases, world.holders().length]).toEqual([[], [], 0])
  })

  test('is sent for the processes that were there, each by its IP', async () => {
    await restart()
    await world.pass(1_000)
    expect(emr.taken.map(({ OpScope }) => OpScope)).toEqual([
      {
        ServiceInfoList: [
          {
            ServiceName: 'HDFS',
            ComponentInfoList: [{ ComponentName: 'DataNode', IpList: ['10.0.0.11', '10.0.0.12', '10.0.0.13'] }],
          },
        ],
      },
    ])
  })

  test('is once, though every message comes twice', async () => {
    world.post = () => [0, 0]
    const { id } = await restart()
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, sent(), world.published.length]).toEqual(['succeeded', 1, 1])
  })
})

describe('an operation that does not', () => {
  test('names the process that did not come back, two minutes after the last change', async () => {
    emr.works = ({ ip }) => ip !== '10.0.0.12'
    const { id } = await restart()
    await world.pass(2 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'verifying', progress: { lastObserved: '2 OF 3 RESTARTED' } })
    await world.pass(3 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: {
        summary:
          'the provider reports its work as done, but the resource does not show it: processes 2 OF 3 RESTARTED, not DataNode on 10.0.0.12',
        providerDone: true,
      },
    })
    expect([sent(), world.holders().length]).toEqual([1, 0])
  })

  test('is not called done because the cluster is idle: nothing has changed', async () => {
    emr.works = () => false
    const { id } = await restart()
    await world.pass(4 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'verifying', progress: { lastObserved: '0 OF 3 RESTARTED' } })
    await world.pass(10 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: { summary: expect.stringContaining('processes 0 OF 3 RESTARTED, not DataNode on 10.0.0.11') },
    })
    expect(sent()).toBe(1)
  })

  test('is not given up while the cluster is at work, however long it shows the same', async () => {
    emr.works = ({ ip }) => ip !== '10.0.0.12'
    const { id } = await restart()
    await world.pass(MINUTE)
    expect(world.get(id).state).toBe('verifying')
    emr.status = 7
    await world.pass(30 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'verifying', progress: { lastObserved: 'CLUSTER EXECUTING COMMAND' } })
    emr.status = 2
    Object.assign(emr.processes[1] ?? {}, { restarted: '2026-01-01 08:30:00' })
    await world.pass(2 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
  })

  test('ends timed-out where the cluster stays at work, and keeps it reserved', async () => {
    emr.workMs = () => 1_000 * MINUTE
    const { id } = await restart()
    await world.pass(70 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'timed-out',
      outcome: { summary: expect.stringMatching(/Observed: RESTARTING SERVICE x\d+$/), providerDone: false },
    })
    expect([...world.leases.keys()]).toEqual([`tencent/emr/${CLUSTER}`])
  })

  test.for([
    [14, 'DESTROYING CLUSTER'],
    [23, 'ISOLATED'],
  ] as const)('fails where the cluster is seen at %d meanwhile', async ([status, said]) => {
    const { id } = await restart()
    await world.pass(5_000)
    emr.workMs = () => 0
    emr.status = status
    await world.pass(5 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: { summary: `the cloud reports failure: cluster ${said}` },
    })
  })

  test('ends as unknown where the cluster is gone meanwhile', async () => {
    const { id } = await restart()
    await world.pass(5_000)
    emr.clusterId = 'emr-00000000'
    await world.pass(5 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'unknown', outcome: { providerDone: false } })
  })

  test.for([
    ['a cluster that is not there', () => Object.assign(emr, { clusterId: 'emr-00000000' }), 'not-found'],
    ['a cluster that is being destroyed', () => Object.assign(emr, { status: 14 }), 'unsupported'],
    ['a service without processes', () => Object.assign(emr, { processes: [] }), 'not-found'],
  ] as const)('is not sent to %s', async ([, prepare, kind]) => {
    prepare()
    const { id } = await restart()
    await world.pass(5 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: { summary: expect.stringMatching(/^nothing was done: /), error: { kind } },
    })
    expect([sent(), world.holders().length]).toEqual([0, 0])
  })

  test('that may have begun is unknown, and is not sent again', async () => {
    emr.fault = (operation) =>
      operation === 'emr.service.restart' ? { kind: 'unavailable', change: 'unknown' } : undefined
    const { id } = await restart()
    await world.pass(30 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'unknown', outcome: { providerDone: false } })
    expect([sent(), world.holders().length]).toEqual([1, 1])
  })
})

describe('a cluster at other work', () => {
  const busyAtSend = (until: number): void => {
    emr.fault = (operation) =>
      operation === 'emr.service.restart' && world.now() < until ? { kind: 'busy', change: 'none' } : undefined
  }

  test('is waited for, and then sent once', async () => {
    emr.status = 4
    const { id } = await restart()
    await world.pass(10 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'queued',
      progress: { lastObserved: 'emr.cluster.show: the cluster is SCALING OUT' },
    })
    expect(sent()).toBe(0)
    emr.status = 2
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, sent()]).toEqual(['succeeded', 1])
  })

  test('that only the call itself finds at work is waited for as well', async () => {
    busyAtSend(world.now() + 5 * MINUTE)
    const { id } = await restart()
    await world.pass(20 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'succeeded', busyAnswers: 5 })
    expect([sent(), world.cloud.writes.length]).toEqual([6, 1])
  })

  test('is not checked: the set is resolved when it is free, and only that is sent', async () => {
    emr.status = 24
    const { id } = await restart()
    await world.pass(MINUTE)
    emr.processes = emr.processes.slice(1)
    emr.status = 2
    await world.pass(10 * MINUTE)
    expect(world.get(id).baseline).toMatchObject({
      services: [{ components: [{ nodes: [{ ip: '10.0.0.12' }, { ip: '10.0.0.13' }] }] }],
    })
  })

  test.for(['at the gate before', 'at the call itself'] as const)(
    'until the deadline, %s, ends the run: nothing was sent',
    async (where) => {
      if (where === 'at the gate before') emr.status = 4
      else busyAtSend(Number.POSITIVE_INFINITY)
      const { id, deadlineAt } = await restart()
      await world.pass(2 * 60 * MINUTE)
      expect(world.get(id)).toMatchObject({
        state: 'failed',
        deadlineAt,
        outcome: { summary: expect.stringMatching(/^nothing was done: /), providerDone: true, error: { kind: 'busy' } },
      })
      expect(world.get(id).updatedAt < deadlineAt).toBe(true)
      expect([world.cloud.writes, world.holders().length]).toEqual([[], 0])
    },
  )

  test('until the deadline ends a long rolling restart, too: what was never sent gets no more time', async () => {
    busyAtSend(Number.POSITIVE_INFINITY)
    const { id, deadlineAt, createdAt } = await restart(ROLLING)
    expect(Date.parse(deadlineAt) - Date.parse(createdAt)).toBe(60 * MINUTE)
    await world.pass(61.5 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: { summary: expect.stringMatching(/^nothing was done: /), error: { kind: 'busy' } },
    })
    expect([world.cloud.writes, world.holders().length]).toEqual([[], 0])
  })

  test('is held by the run that waits: another is refused', async () => {
    emr.status = 4
    const first = await restart()
    await world.pass(MINUTE)
    const target = { ...TARGET, services: [{ name: 'YARN' }] }
    const second = await world.accept({ operation: 'emr.monitor.stop', target, idempotencyKey: 'two' })
    await world.pass(MINUTE)
    expect(world.get(second.id)).toMatchObject({
      state: 'refused',
      outcome: { summary: expect.stringContaining(first.id) },
    })
  })
})

describe('a long rolling restart', () => {
  /** From the time that it is sent: an hour, and for each of three batches three minutes and the wait. */
  const NEEDED = (60 + 3 * 4) * MINUTE

  test('gets the time of its batches, and its lease with it', async () => {
    emr.workMs = () => 65 * MINUTE
    const { id, createdAt } = await restart(ROLLING)
    await world.pass(1_000)
    const deadline = Date.parse(createdAt) + NEEDED
    expect(Date.parse(world.get(id).deadlineAt)).toBe(deadline)
    expect([...world.leases.values()].map(({ until }) => Date.parse(until))).toEqual([deadline + 32 * MINUTE])
    await world.pass(70 * MINUTE)
    expect([world.get(id).state, sent()]).toEqual(['succeeded', 1])
  })

  test('gets it from when it is sent, not from when it was asked for', async () => {
    emr.status = 4
    const { id } = await restart(ROLLING)
    await world.pass(30 * MINUTE)
    emr.status = 2
    await world.pass(5 * MINUTE)
    const { acceptedAt = '', deadlineAt } = world.get(id)
    expect(Date.parse(deadlineAt) - Date.parse(acceptedAt)).toBe(NEEDED)
  })

  test('ends timed-out at that deadline', async () => {
    emr.workMs = () => 1_000 * MINUTE
    const { id, createdAt } = await restart(ROLLING)
    await world.pass(71 * MINUTE)
    expect(world.get(id).state).toBe('tracking')
    await world.pass(3 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'timed-out',
      deadlineAt: new Date(Date.parse(createdAt) + NEEDED).toISOString(),
    })
  })

  test.for([
    ['one at once', ALL_AT_ONCE],
    ['a stop', {}],
  ] as const)('is not %s: that gets its hour from when it was taken on', async ([name, params]) => {
    const operation = name === 'a stop' ? 'emr.service.stop' : 'emr.service.restart'
    const { id } = await world.accept({ operation, target: TARGET, params })
    emr.status = 4
    await world.pass(5 * MINUTE)
    emr.status = 2
    await world.pass(5 * MINUTE)
    const { state, deadlineAt, acceptedAt = '' } = world.get(id)
    expect([state, deadlineAt]).toEqual(['succeeded', new Date(Date.parse(acceptedAt) + 60 * MINUTE).toISOString()])
  })

  test('is not lost where its lease cannot be extended at once: it was taken on', async () => {
    let leases = 0
    world.hook = (port, when) => {
      if (port === 'acquireLease' && when === 'before' && ++leases === 2) throw new Error('table is down')
    }
    const { id } = await restart(ROLLING)
    await world.pass(20 * MINUTE)
    expect([world.get(id).state, sent()]).toEqual(['succeeded', 1])
  })
})

test('one request whatever crashes: at every use of a port, before and after', async () => {
  const crashAt = async (place: number): Promise<{ uses: number; crashed: string; state: string }> => {
    begin()
    let uses = 0
    let crashed = ''
    world.hook = (port, when) => {
      if (uses++ !== place) return
      crashed = `${when} ${port}`
      throw new Crash()
    }
    const { id } = await restart(ROLLING).catch(() => restart(ROLLING))
    await world.pass(3 * 60 * MINUTE)
    const { state } = world.get(id)
    const notified = [...new Set(world.published.map((run) => run.state))]
    expect([crashed, isFinal(state), notified, sent() <= 1]).toEqual([crashed, true, [state], true])
    expect([crashed, world.withoutLease, world.lostLeases]).toEqual([crashed, [], []])
    return { uses, crashed, state }
  }
  const { uses, state } = await crashAt(Number.POSITIVE_INFINITY)
  expect([uses > 30, state]).toEqual([true, 'succeeded'])
  const lost: string[] = []
  for (let place = 0; place < uses; place++) {
    const one = await crashAt(place)
    if (one.state !== 'succeeded') lost.push(`${one.crashed}: ${one.state}`)
  }
  // After the intent and before the call: nothing shows of it, and nothing proves that. All else is found, or carried on.
  expect(lost).toEqual(['after save: unknown', 'before write: unknown'])
})
