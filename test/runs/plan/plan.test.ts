import { beforeEach, describe, expect, test } from 'vitest'
import { CloudError } from '../../../lib/cloud/errors.ts'
import { huaweiProvider } from '../../../lib/cloud/huawei/provider.ts'
import { NoCredentials } from '../../../lib/cloud/provider.ts'
import { createShow } from '../../../lib/cloud/show.ts'
import { tencentProvider } from '../../../lib/cloud/tencent/provider.ts'
import type { BatchRequest, RunRequest } from '../../../lib/runs/accept/draft.ts'
import { addPause } from '../../../lib/runs/guards/pauses.ts'
import type { GuardSettings } from '../../../lib/runs/guards/settings.ts'
import { Plan, plan } from '../../../lib/runs/plan/plan.ts'
import type { Collision } from '../../../lib/runs/run.ts'
import { DCS } from '../../../lib/services/dcs/service.ts'
import { CLUSTER, createFakeEmr, type FakeEmr, process } from '../../world/fake-emr.ts'
import { createWorld, type World } from '../../world/world.ts'

/** A dry run: says what would become of a request, and changes nothing. */

const MINUTE = 60_000
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const OTHER = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4e0'
const PROJECT = '0'.repeat(32)
const KEYS = { accessKey: 'AKIDtest0000000000000', secretKey: 'SKtest/0000+0000000000', projectId: PROJECT }
const TENCENT_KEYS = { secretId: 'AKIDtest0000000000000', secretKey: 'SKtest/0000+0000000000' }

let world: World
let emr: FakeEmr
/** Uses of ports that change something, since the last plan began. */
let changes: string[]

beforeEach(() => {
  world = createWorld()
  emr = createFakeEmr(world.now, world.cloud.writes)
  emr.processes = ['10.0.0.11', '10.0.0.12'].map((ip) => process('HDFS', 'DataNode', ip))
  const { call } = world.cloud
  world.cloud.call = (operation, input, place) =>
    operation.service.provider === 'tencent' ? emr.call(operation, input, place) : call(operation, input, place)
  changes = []
  world.hook = (port, when) => {
    if (when === 'before' && !['get', 'getLease', 'getDocument', 'getDurations', 'read', 'list'].includes(port))
      changes.push(port)
  }
})

const { show } = {
  show: createShow({
    provider: (service, { region, account }) => {
      if (account === 'nobody') throw new NoCredentials('unauthenticated', 'no account "nobody" is configured')
      return service === DCS
        ? huaweiProvider(service, KEYS, { region })
        : tencentProvider(service, TENCENT_KEYS, { region })
    },
    nowMs: () => 0,
  }),
}

const REQUEST = {
  operation: 'dcs.instance.restart',
  target: { instanceId: INSTANCE },
  source: { kind: 'http' as const, name: 'api', id: 'test' },
  collision: 'reject' as Collision,
  idempotencyKey: 'of the plan',
}
const REGIONS = { huawei: 'cn-north-4', tencent: 'ap-guangzhou' }

async function plansOf(request: RunRequest | BatchRequest): Promise<Plan[]> {
  changes = []
  const [runs, leases] = [structuredClone(world.runs), structuredClone(world.leases)]
  const plans = await plan({ ...world.ports, show }, request, { regions: REGIONS, deadlineAtMs: world.now() + 20_000 })
  expect(changes).toEqual([])
  expect([world.runs, world.leases]).toEqual([runs, leases])
  for (const one of plans) expect(Plan.parse(JSON.parse(JSON.stringify(one)))).toEqual(one)
  return plans
}

async function planOf(request: Partial<RunRequest> = {}): Promise<Plan> {
  const [only] = await plansOf({ ...REQUEST, ...request })
  if (!only) throw new Error('no plan')
  return only
}

test('a request that nothing stands in the way of is shown whole', async () => {
  expect(await planOf()).toEqual({
    operation: 'dcs.instance.restart',
    target: { instanceId: INSTANCE, region: 'cn-north-4' },
    params: {},
    resource: `huawei/dcs/${INSTANCE}`,
    destroysData: false,
    would: 'be-sent',
    refusedBy: [],
    preconditions: [
      {
        ...{ guard: 'precondition', name: 'instance-free', says: 'allow', figures: 'RUNNING' },
        reason: 'the state of the instance allows it, and no work is going on there',
      },
    ],
    targetNow: {
      ...{ observed: 'RUNNING', atWork: false },
      baseline: { status: 'RUNNING', nodes: ['node-1', 'node-2'].map((id) => ({ id, status: 'Active' })) },
    },
    request: {
      api: 'RestartOrFlushInstances',
      method: 'PUT',
      host: 'dcs.cn-north-4.myhuaweicloud.com',
      path: `/v2/${PROJECT}/instances/status`,
      query: {},
      body: { instances: [INSTANCE], action: 'restart' },
    },
    completionCriterion: expect.stringContaining('RUNNING'),
    expected: { ofRuns: 0, givesUpAfterMinutes: 40 },
  })
  expect(world.cloud.calls).toEqual(
    new Map([
      ['dcs.instance.show', 2],
      ['dcs.node.list', 1],
    ]),
  )
})

test.for([
  [{}, 'wait', ['the instance is at work: RUNNING, TASK "BACKUPING"']],
  [{ cancelBackup: true }, 'be-sent', []],
] as const)('a restart with %j while a backup is made would %s', async ([params, would, reasons]) => {
  const { call } = world.ports
  world.ports.call = async (one, input, place) => {
    const answer = await call(one, input, place)
    return one.name === 'dcs.instance.show' ? one.output.parse({ ...(answer as object), task: 'BACKUPING' }) : answer
  }
  const seen = await planOf({ params })
  expect([
    seen.would,
    seen.refusedBy.map(({ reason }) => reason.replace('the target is at work: ', 'the instance is at work: ')),
  ]).toEqual([would, reasons])
})

test('no part of the keys is in a plan', async () => {
  const text = JSON.stringify(await planOf())
  for (const secret of [KEYS.accessKey, KEYS.secretKey, 'ignature', 'uthorization']) expect(text).not.toContain(secret)
})

describe('another run has the resource', () => {
  test('of the same request: it would join it', async () => {
    const { id, createdAt } = await world.accept({})
    expect(await planOf()).toMatchObject({
      would: 'attach',
      joinedRunId: id,
      refusedBy: [],
      holder: { runId: id, operation: 'dcs.instance.restart', since: createdAt },
    })
  })

  test.for([
    ['reject', 'be-refused', /^run run_\S+ \(dcs\.instance\.flush\) has had the resource since /],
    ['skip', 'be-refused', /^skipped: run run_/],
    ['queue', 'wait', /^waits for run run_\S+ \(dcs\.instance\.flush\)$/],
  ] as const)('of another request: with %s it would %s', async ([collision, would, reason]) => {
    await world.accept({ operation: 'dcs.instance.flush' })
    expect(await planOf({ collision })).toMatchObject({
      would,
      refusedBy: [{ by: 'run', reason: expect.stringMatching(reason), temporary: would === 'wait' }],
    })
  })

  test('and ten more wait for it: the eleventh would be refused', async () => {
    await world.accept({ operation: 'dcs.instance.flush' })
    for (let index = 0; index < 10; index++) {
      expect((await planOf({ collision: 'queue' })).would).toBe('wait')
      const target = { instanceId: INSTANCE, nodeIds: [`n${index}`] }
      await world.accept({ operation: 'dcs.node.stop', target, collision: 'queue', idempotencyKey: `w${index}` })
    }
    expect(await planOf({ collision: 'queue' })).toMatchObject({
      would: 'be-refused',
      refusedBy: [{ reason: expect.stringMatching(/^10 runs already wait for the resource; run run_/) }],
    })
  })

  test('that ended in doubt and is seen at rest: it would wait, and nothing is noted on the lease', async () => {
    world.cloud.workMs = () => 1000 * MINUTE
    await world.accept({ operation: 'dcs.instance.flush' })
    await world.pass(33 * MINUTE)
    expect(await planOf()).toMatchObject({ would: 'be-refused', refusedBy: [{ by: 'run' }, { by: 'work' }] })
    Object.assign(world.cloud.instance(INSTANCE), { status: 'RUNNING', work: undefined })
    expect(await planOf()).toMatchObject({
      would: 'wait',
      refusedBy: [{ reason: expect.stringContaining('ended as timed-out'), temporary: true }],
    })
  })

  test('no more: it would be sent', async () => {
    await world.accept({ operation: 'dcs.instance.flush' })
    await world.pass(5 * MINUTE)
    expect(await planOf()).toMatchObject({ would: 'be-sent', refusedBy: [] })
  })
})

describe('the key of the request', () => {
  test('was used for it: the run of that time is named, and no cloud is asked', async () => {
    const { id } = await world.accept({})
    world.cloud.calls.clear()
    expect(await planOf({ idempotencyKey: 'key' })).toMatchObject({
      would: 'repeat',
      refusedBy: [],
      existing: { runId: id, state: 'queued' },
    })
    expect(world.cloud.calls.size).toBe(0)
  })

  test('was used for another one: it is refused as that would be', async () => {
    await world.accept({})
    const asked = planOf({ idempotencyKey: 'key', operation: 'dcs.instance.flush' })
    await expect(asked).rejects.toMatchObject({ name: 'KeyReusedError' })
  })
})

describe('what the cloud says', () => {
  test('at work: it would wait', async () => {
    world.cloud.instance(INSTANCE).status = 'RESTARTING'
    expect(await planOf()).toMatchObject({
      would: 'wait',
      refusedBy: [{ by: 'work', reason: 'the target is at work: RESTARTING', temporary: true }],
      targetNow: { observed: 'RESTARTING', atWork: true },
    })
  })

  test.for([
    ['not there', { kind: 'not-found', code: 'DCS.4115' }, 'be-refused', false],
    ['not allowed', { kind: 'denied', code: 'DCS.4050' }, 'be-refused', false],
    ['out of reach', { kind: 'network' }, 'wait', true],
  ] as const)('%s: said once, however many reads found it', async ([, fault, would, temporary]) => {
    world.cloud.fault = () => ({ change: 'none', ...fault })
    const one = await planOf()
    expect(one).toMatchObject({ would, refusedBy: [{ by: 'cloud', temporary }] })
    expect(one.refusedBy).toHaveLength(1)
    expect(one.targetNow).toBeUndefined()
    // What does not hang on the answer is shown all the same.
    expect(one.request?.body).toEqual({ instances: [INSTANCE], action: 'restart' })
  })

  test('no credentials: it says so, and shows no request', async () => {
    world.cloud.call = async (operation) => {
      throw new CloudError({ operation: operation.name, kind: 'unauthenticated', change: 'none', what: 'no account' })
    }
    const one = await planOf({ target: { instanceId: INSTANCE, account: 'nobody' } })
    expect(one).toMatchObject({ would: 'be-refused', refusedBy: [{ reason: expect.stringContaining('no account') }] })
    expect(one).not.toHaveProperty('request')
  })
})

describe('what must come first', () => {
  const flush = { operation: 'dcs.instance.flush', params: { ensureBackup: true } }
  const backup = (status: string) =>
    world.cloud.instance(INSTANCE).backups.push({ status, remark: '', at: world.now() - MINUTE })

  test('is named, and never asked for', async () => {
    expect(await planOf(flush)).toMatchObject({
      would: 'wait',
      refusedBy: [
        { by: 'preparation', reason: 'a preparation would be sent first: BACKUP REQUESTED', temporary: true },
      ],
      request: { body: { instances: [INSTANCE], action: 'flush' } },
      expected: { givesUpAfterMinutes: 90 },
    })
    expect([world.cloud.calls.get('dcs.backup.create'), world.cloud.backedUp]).toEqual([undefined, []])
  })

  test('is there: it would be sent', async () => {
    backup('succeed')
    expect(await planOf(flush)).toMatchObject({ would: 'be-sent', refusedBy: [] })
  })

  test('is being made: it would wait', async () => {
    backup('backuping')
    expect((await planOf(flush)).refusedBy).toEqual([
      { by: 'preparation', reason: 'BACKUP BACKUPING 0.00', temporary: true },
    ])
  })

  test('cannot be made: it would be refused, and says what to ask for instead', async () => {
    world.cloud.fault = (name) =>
      name === 'dcs.backup.list' ? { kind: 'unsupported', change: 'none', code: 'DCS.4027' } : undefined
    expect(await planOf(flush)).toMatchObject({
      would: 'be-refused',
      refusedBy: [
        {
          by: 'preparation',
          reason: expect.stringContaining('Repeat the request without ensureBackup'),
          temporary: false,
        },
      ],
    })
  })
})

describe('EMR', () => {
  const request = {
    operation: 'emr.service.restart',
    target: { clusterId: CLUSTER, services: [{ name: 'HDFS' }] },
    params: { strategy: { rolling: true, batchSize: 1, waitSeconds: 60 } },
  }

  test('shows the set that would be sent, and the time that its batches take', async () => {
    const one = await planOf(request)
    expect(one).toMatchObject({
      would: 'be-sent',
      targetNow: { observed: 'RUNNING', atWork: false },
      request: { api: 'StartStopServiceOrMonitor', method: 'POST', host: 'emr.tencentcloudapi.com', path: '/' },
      expected: { givesUpAfterMinutes: 68 },
    })
    expect(emr.asked.filter(({ api }) => api === 'StartStopServiceOrMonitor')).toEqual([])
    await world.accept({ ...request, target: { ...request.target, region: 'ap-guangzhou' } })
    await world.pass(MINUTE)
    expect(emr.taken).toEqual([one.request?.body])
  })

  test('at work: said once; what would be sent is not known yet', async () => {
    emr.status = 8
    const one = await planOf(request)
    expect(one).toMatchObject({
      would: 'wait',
      refusedBy: [{ by: 'work', reason: 'the target is at work: RESTARTING SERVICE' }],
    })
    expect([one.refusedBy.length, one.request]).toEqual([1, undefined])
  })

  test('leaves a large baseline out, and shows its request whole', async () => {
    emr.processes = Array.from({ length: 400 }, (_, at) => process('HDFS', 'DataNode', `10.0.1.${at}`))
    const one = await planOf(request)
    expect(one.targetNow).toEqual({ observed: 'RUNNING', atWork: false })
    expect(JSON.stringify(one.request?.body).match(/10\.0\.1\./g)).toHaveLength(400)
  })
})

describe('many targets', () => {
  const targets = [INSTANCE, OTHER].map((instanceId) => ({ instanceId }))
  const { target, ...request } = REQUEST

  test('have a plan each, and share the request that would go out', async () => {
    const plans = await plansOf({ ...request, targets })
    const body = { instances: [INSTANCE, OTHER], action: 'restart' }
    expect(plans.map((one) => [one.target.instanceId, one.would, one.request?.body])).toEqual([
      [INSTANCE, 'be-sent', body],
      [OTHER, 'be-sent', body],
    ])
  })

  test('of which another run has one: that one is not in the request of the others', async () => {
    await world.accept({ operation: 'dcs.instance.flush' })
    const plans = await plansOf({ ...request, targets })
    expect(plans.map((one) => [one.would, one.request?.body])).toEqual([
      ['be-refused', { instances: [INSTANCE], action: 'restart' }],
      ['be-sent', { instances: [OTHER], action: 'restart' }],
    ])
  })

  test('of which some are wrong: none is planned', async () => {
    const wrong = plansOf({ ...request, targets: [...targets, { instanceId: 'x' }] })
    await expect(wrong).rejects.toMatchObject({ issues: [{ field: 'targets.2.instanceId' }] })
  })
})

test('the time that it may take is about the median of what it took', async () => {
  const took = [2, 10, 3, 2, 6, 2, 10, 3, 6, 2]
  for (const [index, minutes] of took.entries()) {
    world.cloud.workMs = () => minutes * MINUTE
    await world.accept({ idempotencyKey: `k${index}` })
    // It shares the end of the first, and counts for nothing.
    await world.accept({ idempotencyKey: `j${index}` })
    await world.pass(15 * MINUTE)
  }
  const { expected } = await planOf()
  const { seconds = 0, interval = { from: 0, until: 0 }, ...rest } = expected ?? {}
  expect(rest).toEqual({ ofRuns: 10, givesUpAfterMinutes: 40 })
  const within = [seconds / 180, interval.from / 120, interval.until / 600].map((share) => share > 0.8 && share < 1.2)
  expect([seconds, interval, within]).toEqual([seconds, interval, [true, true, true]])
})

test('durations that cannot be read cost a plan its figure alone', async () => {
  world.ports.store.getDurations = () => Promise.reject(new Error('throttled'))
  expect(await planOf()).toMatchObject({ would: 'be-sent', expected: { ofRuns: 0 } })
})

test('of many targets, none is observed after a failure', async () => {
  const targets = Array.from({ length: 11 }, (_, index) => ({ instanceId: `${INSTANCE.slice(0, -2)}${10 + index}` }))
  const { target, ...request } = REQUEST
  let observed = 0
  world.hook = (port, when) => {
    if (port === 'get' && when === 'before' && ++observed === 1) throw new Error('throttled')
  }
  await expect(plansOf({ ...request, targets })).rejects.toThrow('throttled')
  expect(observed).toBe(5)
})

test.for<[string, GuardSettings | undefined, Partial<RunRequest>, Plan['would'], string[]]>([
  ['a pause', undefined, {}, 'wait', ['all is paused by ann until a person ends it (p1): maintenance']],
  [
    'a freeze of its group',
    frozen('refuse'),
    {},
    'be-refused',
    ['window freeze forbids it until Fri 2026-01-02 00:00 UTC: year end'],
  ],
  ['a freeze that a person overrides', frozen('refuse'), { override: { by: 'ann', reason: 'OPS-1' } }, 'be-sent', []],
])('%s shows in a plan', async ([what, guards, request, would, reasons]) => {
  if (what === 'a pause') await addPause(world.ports, { id: 'p1', scope: 'all', reason: 'maintenance', by: 'ann' })
  if (guards) Object.assign(world.ports, { guards })
  const seen = await planOf(request)
  expect([seen.would, seen.refusedBy.map(({ by, reason }) => `${by}: ${reason}`)]).toEqual([
    would,
    reasons.map((reason) => expect.stringContaining(reason)),
  ])
  expect(seen.verdicts).toHaveLength(1)
})

function frozen(outside: 'wait' | 'refuse'): GuardSettings {
  const [fromMs, untilMs] = [Date.parse('2025-12-31T00:00:00Z'), Date.parse('2026-01-02T00:00:00Z')]
  return {
    windows: { freeze: { kind: 'span', fromMs, untilMs, reason: 'year end' } },
    groups: { all: { resources: ['*'], windows: { only: [], never: ['freeze'], outside } } },
    rules: {},
  }
}
