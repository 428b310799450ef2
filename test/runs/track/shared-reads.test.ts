import { beforeEach, describe, expect, test } from 'vitest'
import type { Call } from '../../../lib/cloud/call.ts'
import { CloudError } from '../../../lib/cloud/errors.ts'
import { withSharedReads } from '../../../lib/cloud/shared-reads.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { poll } from '../../../lib/runs/track/poll.ts'
import { STATUS_SIGNS } from '../../../lib/services/dcs/evidence/instance.ts'
import { running } from '../../../lib/services/dcs/probes/instance.ts'
import { GOALS } from '../../../lib/services/emr/goals.ts'
import { clusterIdle } from '../../../lib/services/emr/probes.ts'
import type { Read } from '../../../lib/services/tracking.ts'
import type { InstanceList } from '../../world/fake-dcs.ts'
import { createFakeEmr, process } from '../../world/fake-emr.ts'
import { createWorld, type World } from '../../world/world.ts'

/** How many reads of a cloud a fleet of runs makes, and that a list of what is at work never decides how a run ends. */

const SECOND = 1_000
const MINUTE = 60_000
const uuid = (number: number): string => `2e803f66-fbb0-47ad-b6cb-${String(number).padStart(12, '0')}`
const cluster = (number: number): string => `emr-${String(number).padStart(8, '0')}`

let world: World

beforeEach(() => {
  world = createWorld()
})

describe('a fleet of live runs that are looked at once', () => {
  let reads: number
  /** Regions of the fleet, in turn. */
  let regions: string[]

  beforeEach(() => {
    reads = 0
    regions = ['cn-north-4']
    world.cloud.workMs = () => 1_000 * MINUTE
  })

  /** All clusters are at work. */
  const useClusters = (count: number): void => {
    const emr = Object.assign(createFakeEmr(world.now), { clusterId: cluster(0), workMs: world.cloud.workMs })
    emr.processes = [process('HDFS', 'DataNode', '10.0.0.11')]
    const viewOf = (number: number): object => ({ ClusterId: cluster(number), Status: 8 })
    const all = Array.from({ length: count }, (_, number) => viewOf(number))
    world.cloud.call = async (operation, input, place) => {
      const { InstanceIds, Offset, Limit } = (operation.request(input).body ?? {}) as Record<string, number> & {
        InstanceIds?: string[]
      }
      const isBegun = emr.taken.length > 0
      if (operation.api !== 'DescribeInstances' || !isBegun) return emr.call(operation, input, place)
      const from = Number(Offset) * Number(Limit)
      const ClusterList = InstanceIds
        ? InstanceIds.map((ClusterId) => ({ ClusterId, Status: 8 }))
        : all.slice(from, from + Number(Limit))
      return operation.output.parse({ TotalCnt: count, ClusterList })
    }
  }

  const TARGETS: Record<string, (number: number) => object> = {
    'dcs.instance.restart': (number) => ({ instanceId: uuid(number) }),
    'dcs.instance.swap': (number) => ({ instanceId: uuid(number) }),
    'emr.service.restart': (number) => ({ clusterId: cluster(number), services: [{ name: 'HDFS' }] }),
  }

  /** Runs that were seen at work, and are due. */
  async function fleetOf(operation: string, count: number): Promise<Run[]> {
    const isEmr = operation.startsWith('emr')
    if (isEmr) useClusters(count)
    const target = TARGETS[operation]?.(0) ?? {}
    const params = isEmr ? { strategy: { rolling: false } } : {}
    const first = await world.accept({ operation, target: { region: regions[0], ...target }, params })
    await world.pass(3 * MINUTE)
    world.sweeps = false
    world.letters = []
    const one = world.get(first.id)
    expect(one.state).toBe('tracking')
    return Array.from({ length: count }, (_, number) => {
      const own = { region: regions[number % regions.length], ...TARGETS[operation]?.(number) }
      Object.assign(world.cloud.instance(uuid(number)), {
        status: 'RESTARTING',
        work: { until: Number.POSITIVE_INFINITY, end: () => {} },
      })
      const run = {
        ...one,
        id: `run_${String(number).padStart(32, '0')}`,
        target: own,
        nextAt: new Date(world.now()).toISOString(),
      } as Run
      world.runs.set(run.id, run)
      return run
    })
  }

  const count: Call = (operation, input, place) => {
    reads++
    return world.ports.call(operation, input, place)
  }
  const lookAt = (runs: readonly Run[], call: Call): Promise<unknown> =>
    Promise.all(
      runs.map(({ id, step }) => poll({ ...world.ports, call }, { v: 1, runId: id, step }, world.now() + 17 * SECOND)),
    )
  const shared = (): Call => withSharedReads(count, world.now)

  const BATCH = 100
  /** Each batch of messages in a process of its own, which knows nothing of the others. */
  const inBatches = async (runs: readonly Run[]): Promise<void> => {
    for (let from = 0; from < runs.length; from += BATCH) await lookAt(runs.slice(from, from + BATCH), shared())
  }
  const inOneProcess = (runs: readonly Run[]): Promise<unknown> => lookAt(runs, shared())
  /** One after the other, as they come in the interval of 45 s, in one process. */
  const spread = async (runs: readonly Run[]): Promise<void> => {
    const call = shared()
    for (const run of runs) {
      await lookAt([run], call)
      await world.pass(45)
    }
  }
  const byThemselves = (runs: readonly Run[]): Promise<unknown> => lookAt(runs, count)

  test.for([
    ['dcs.instance.restart', 1_000, 'each by itself', byThemselves, 1_000],
    ['dcs.instance.restart', 1_000, 'ten cold batches of a hundred', inBatches, 20],
    ['dcs.instance.restart', 1_000, 'at once, in one process', inOneProcess, 2],
    ['dcs.instance.restart', 1_000, 'within 45 s, in one process', spread, 6],
    ['dcs.instance.restart', 1, 'alone', inOneProcess, 1],
    ['dcs.instance.restart', 2, 'together', inOneProcess, 2],
    ['emr.service.restart', 100, 'each by itself', byThemselves, 100],
    ['emr.service.restart', 100, 'a cold batch of a hundred', inBatches, 2],
    ['emr.service.restart', 1_000, 'ten cold batches, of an account with a thousand clusters', inBatches, 110],
    // The list of tasks does not say, by any page, with which word it shows a task at work.
    ['dcs.instance.swap', 1_000, 'in one process: of jobs there is no list', inOneProcess, 1_000],
  ] as const)('%s of %i, %s: so many reads', async ([operation, size, , look, wanted]) => {
    const runs = await fleetOf(operation, size)
    await look(runs)
    expect(reads).toBe(wanted)
    expect(runs.filter(({ id, step }) => world.get(id).step > step)).toHaveLength(size)
  })

  test('each region has a list of its own', async () => {
    regions = ['cn-north-4', 'cn-south-1']
    await inOneProcess(await fleetOf('dcs.instance.restart', 1_000))
    expect(reads).toBe(4)
  })
})

describe('a list of instances', () => {
  /** When the work of both really ends. */
  const WORK_MS = 5 * MINUTE + 2 * SECOND
  let lists: number

  /** Restarts at once, in one process, until they have ended. @returns the last: the first of each round is read by itself */
  async function restartMany(list?: (truth: InstanceList) => InstanceList, size = 2): Promise<Run> {
    world = createWorld()
    world.cloud.workMs = () => WORK_MS
    lists = 0
    if (list) {
      world.cloud.list = (truth) => {
        lists++
        return list(truth)
      }
      world.ports.call = withSharedReads(world.ports.call, world.now)
    }
    const targets = Array.from({ length: size }, (_, one) => ({ instanceId: uuid(one) }))
    const runs = await Promise.all(targets.map((target) => world.accept({ target, idempotencyKey: target.instanceId })))
    await world.pass(60 * MINUTE)
    return world.get(runs.at(-1)?.id ?? '')
  }

  const everAtWork = (size: number): InstanceList['instances'] =>
    Array.from({ length: size }, (_, one) => ({ instance_id: uuid(one), status: 'RESTARTING' }))
  const atWork = { instance_num: 2, instances: everAtWork(2) }
  const with_ = (status: string) => (): InstanceList => ({
    instance_num: 2,
    instances: atWork.instances.map((one) => ({ ...one, status })),
  })
  const refuse = (): never => {
    throw new CloudError({ operation: 'dcs.instance.list', kind: 'throttled', change: 'none', what: 'as told' })
  }
  const endOf = ({ endedAt, createdAt }: Run): number => Date.parse(endedAt ?? '') - Date.parse(createdAt)

  test.for<[string, (truth: InstanceList) => InstanceList]>([
    ['names them as they are', (truth) => truth],
    ['names nothing', () => ({ instance_num: 0, instances: [] })],
    ['names them as RUNNING from the first', with_('RUNNING')],
    ['names them as in ERROR from the first', with_('ERROR')],
    ['names them in an unknown state', with_('MYSTERIOUS')],
  ])('that %s changes nothing', async ([, list]) => {
    const alone = await restartMany()
    const together = await restartMany(list)
    expect([endOf(together), together.state, together.outcome, together.progress.observedCounts]).toEqual([
      endOf(alone),
      'succeeded',
      alone.outcome,
      alone.progress.observedCounts,
    ])
    expect(lists).toBeGreaterThan(2)
  })

  test('that fails costs looks, and nothing else', async () => {
    const { state, outcome } = await restartMany(refuse)
    expect([state, outcome?.summary]).toEqual([
      'succeeded',
      expect.stringContaining('the instance is RUNNING with no task'),
    ])
  })

  test('that shows them at work for ever holds a run until its deadline, when the instance itself is read', async () => {
    // Of so many, each round sets one free: its first is read by itself.
    const size = 60
    const run = await restartMany(({ instance_num }) => ({ instance_num, instances: everAtWork(size) }), size)
    expect(run).toMatchObject({ state: 'succeeded', progress: { observedCounts: { RUNNING: 2 } } })
    const afterMs = Date.parse(run.endedAt ?? '') - Date.parse(run.deadlineAt)
    expect([afterMs >= 0, afterMs < MINUTE]).toEqual([true, true])
  })

  test.for([
    ['for two minutes shows nothing of the work', 120 * SECOND],
    ['shows the work at once', 0],
  ] as const)('does not show that work has been seen, where the instance %s', async ([, statusMs]) => {
    world = createWorld()
    world.cloud.workMs = () => WORK_MS
    world.cloud.workShows = () => ({ statusMs, taskMs: WORK_MS * 9, isListed: false })
    // Of earlier restarts.
    world.cloud.list = () => atWork
    world.ports.call = withSharedReads(world.ports.call, world.now)
    const runs = await Promise.all(
      [0, 1].map((one) => world.accept({ target: { instanceId: uuid(one) }, idempotencyKey: `${one}` })),
    )
    await world.pass(100 * SECOND)
    expect(runs.map(({ id }) => world.get(id).sawWork ?? false)).toEqual([statusMs === 0, statusMs === 0])
  })
})

test.for([
  ['sawWork', 'RESTARTING', 'dcs.instance.list'],
  // A list may show earlier work.
  ['never', 'RESTARTING', 'dcs.instance.show'],
  ['never', 'RUNNING', 'dcs.instance.show'],
  ['sawWork', 'RUNNING', 'dcs.instance.show'],
] as const)(
  'an instance whose work was seen: %s, last observed as %s: is read by %s',
  async ([saw, lastObserved, wanted]) => {
    const asked: string[] = []
    const call = withSharedReads(
      async (operation) => {
        asked.push(operation.name)
        const instances = [{ instance_id: uuid(0), status: 'RESTARTING' }]
        return operation.output.parse({ ...instances[0], instance_num: 1, instances })
      },
      () => 0,
    )
    const read: Read = (one, input) => call(one, input, { region: 'cn-north-4', deadlineAtMs: 10_000, listAgeMs: 1 })
    const facts = { target: { instanceId: uuid(0) }, params: {}, baseline: undefined, sentAtMs: 0 }
    const { observe } = running(STATUS_SIGNS.restart)
    // The first of all is always read by itself.
    await observe(read, { ...facts, sawWork: true, lastObserved: 'RESTARTING' })
    await observe(read, { ...facts, lastObserved, ...(saw === 'sawWork' ? { sawWork: true } : {}) })
    expect(asked.slice(1)).toEqual([wanted])
  },
)

test.for([
  [8, 'sawWork', 'RESTARTING SERVICE', 'list'],
  [7, 'sawWork', 'RESTARTING SERVICE', 'list'],
  [24, 'sawWork', 'RESTARTING SERVICE', 'list'],
  [2, 'sawWork', 'RESTARTING SERVICE', 'list, show'],
  [14, 'sawWork', 'RESTARTING SERVICE', 'list, show'],
  [302, 'sawWork', 'RESTARTING SERVICE', 'list, show'],
  [999, 'sawWork', 'RESTARTING SERVICE', 'list, show'],
  [undefined, 'sawWork', 'RESTARTING SERVICE', 'list, show'],
  // A list may show earlier work.
  [8, 'never', 'RUNNING', 'show'],
  [8, 'never', 'RESTARTING SERVICE', 'show'],
  [8, 'sawWork', 'RUNNING', 'show'],
] as const)(
  'a cluster listed with %s, work %s, last observed as %s: is read by %s',
  async ([Status, saw, lastObserved, wanted]) => {
    const asked: string[] = []
    const call = withSharedReads(
      async (operation) => {
        asked.push(operation.name.replace('emr.cluster.', ''))
        const isList = operation.name === 'emr.cluster.list'
        const ClusterList =
          isList && Status === undefined ? [] : [{ ClusterId: cluster(0), Status: isList ? Status : 8 }]
        return operation.output.parse({ TotalCnt: ClusterList.length, ClusterList })
      },
      () => 0,
    )
    const read: Read = (one, input) => call(one, input, { region: 'ap-guangzhou', deadlineAtMs: 10_000, listAgeMs: 1 })
    const target = { clusterId: cluster(0), services: [] }
    const facts = {
      target,
      params: {},
      baseline: undefined,
      sentAtMs: 0,
      lastObserved,
      ...(saw === 'sawWork' ? { sawWork: true } : {}),
    }
    const { observe } = clusterIdle(GOALS.restarted)
    // The first of all is always read by itself.
    await observe(read, { ...facts, sawWork: true, lastObserved: 'RESTARTING SERVICE' })
    expect(await observe(read, facts)).toMatchObject({ verdict: 'pending' })
    expect(asked.slice(1).join(', ')).toBe(wanted)
  },
)
