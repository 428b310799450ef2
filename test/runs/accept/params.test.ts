import { beforeEach, describe, expect, test } from 'vitest'
import { accept } from '../../../lib/runs/accept/accept.ts'
import { CLUSTER } from '../../world/fake-emr.ts'
import { createWorld, type World } from '../../world/world.ts'

/** How a request is to be done: checked, kept, and part of what it is. */

const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const HDFS = { region: 'ap-guangzhou', clusterId: CLUSTER, services: [{ name: 'HDFS' }] }

let world: World

beforeEach(() => {
  world = createWorld()
})

describe('params', () => {
  test.for<[string, unknown, unknown]>([
    ['dcs.instance.restart', undefined, {}],
    ['dcs.instance.restart', {}, {}],
    ['dcs.instance.flush', undefined, {}],
    ['dcs.instance.flush', { ensureBackup: true }, { ensureBackup: true }],
    ['dcs.instance.flush', { ensureBackup: false }, { ensureBackup: false }],
    ['dcs.instance.flush', { ensureBackup: undefined }, {}],
  ])('of %s: %j are kept as %j', async ([operation, params, kept]) => {
    const { id } = await world.accept({ operation, params })
    expect(world.get(id).params).toEqual(kept)
  })

  test('of EMR are kept with what they leave out', async () => {
    const request = { operation: 'emr.service.restart', target: HDFS, params: { strategy: { rolling: true } } }
    expect((await world.accept(request)).params).toEqual({
      strategy: { rolling: true, batchSize: 1, waitSeconds: 5, onFailure: 'block' },
    })
  })

  test.for<[string, object, unknown, string]>([
    ['dcs.instance.restart', {}, { ensureBackup: true }, 'params.ensureBackup'],
    ['dcs.instance.flush', {}, { ensureBackup: 'yes' }, 'params.ensureBackup'],
    ['dcs.instance.flush', {}, { ensureBackup: null }, 'params.ensureBackup'],
    ['dcs.instance.flush', {}, { force: true }, 'params.force'],
    ['dcs.instance.flush', {}, 'x', 'params'],
    ['dcs.instance.flush', {}, [], 'params'],
    ['emr.service.restart', { target: HDFS }, undefined, 'params.strategy'],
    ['emr.service.restart', { target: HDFS }, { strategy: { rolling: 'on' } }, 'params.strategy.rolling'],
    ['emr.service.restart', { target: HDFS }, { strategy: { rolling: true, x: 1 } }, 'params.strategy.x'],
    ['emr.monitor.start', { target: HDFS }, { keepMonitor: true }, 'params.keepMonitor'],
  ])('of %s %j: %j are refused at %s, and nothing is stored', async ([operation, more, params, field]) => {
    await expect(world.accept({ operation, ...more, params })).rejects.toMatchObject({
      name: 'RequestError',
      issues: [{ field, message: expect.any(String) }],
    })
    expect([world.runs.size, world.letters.length]).toEqual([0, 0])
  })

  test('are complained of together with the target', async () => {
    const request = { operation: 'emr.service.restart', target: { clusterId: 'x', services: [] }, params: {} }
    await expect(world.accept(request)).rejects.toMatchObject({
      issues: [{ field: 'target.clusterId' }, { field: 'target.services' }, { field: 'params.strategy' }],
    })
  })

  test('reach the cloud', async () => {
    const orders: unknown[] = []
    world.ports.call = async (operation, input) => {
      orders.push(input)
      return operation.output.parse({ status: 'RUNNING', backup_record_response: [] })
    }
    const { id } = await world.accept({ operation: 'dcs.instance.stop', params: { ensureBackup: false } })
    await world.pass(1_000)
    expect(orders).toEqual([
      { instanceId: INSTANCE },
      { target: world.get(id).target, params: { ensureBackup: false }, baseline: { status: 'RUNNING' } },
    ])
  })
})

describe('the key of a request', () => {
  const strategy = (more: object = {}): object => ({ strategy: { rolling: true, ...more } })
  const restart = (params: object, target: object = HDFS): Promise<{ id: string }> =>
    world.accept({ operation: 'emr.service.restart', target, params })

  test.for<[string, object]>([
    ['what is left out said', strategy({ batchSize: 1, waitSeconds: 5, onFailure: 'block' })],
    ['its fields in another order', { strategy: { onFailure: 'block', rolling: true } }],
  ])('is the same with %s', async ([, params]) => {
    const [first, second] = [await restart(strategy()), await restart(params)]
    expect([second.id, world.runs.size]).toEqual([first.id, 1])
  })

  test('is the same with the fields of the target in another order, and in the spelling of somebody else', async () => {
    const first = await restart(strategy())
    const { region, clusterId } = HDFS
    const target = { services: [{ name: 'hdfs' }], clusterId: clusterId.toUpperCase(), region }
    expect((await restart(strategy(), target)).id).toBe(first.id)
  })

  test.for<[string, object]>([
    ['another batch size', strategy({ batchSize: 2 })],
    ['another wait', strategy({ waitSeconds: 6 })],
    ['another way to fail', strategy({ onFailure: 'skip' })],
    ['rolling off', { strategy: { rolling: false } }],
    ['arguments', strategy({ args: [{ key: 'Threads', values: ['1'] }] })],
  ])('with %s is a mistake of the caller', async ([, params]) => {
    await restart(strategy())
    await expect(restart(params)).rejects.toMatchObject({ name: 'KeyReusedError' })
    expect(world.runs.size).toBe(1)
  })

  test.for<[string, object]>([
    ['another service', { services: [{ name: 'YARN' }] }],
    ['one component', { services: [{ name: 'HDFS', components: [{ name: 'DataNode' }] }] }],
  ])('for %s is a mistake of the caller', async ([, more]) => {
    await restart(strategy())
    await expect(restart(strategy(), { ...HDFS, ...more })).rejects.toMatchObject({ name: 'KeyReusedError' })
    expect(world.runs.size).toBe(1)
  })

  test('with and without a backup is a mistake of the caller', async () => {
    await world.accept({ operation: 'dcs.instance.stop', params: { ensureBackup: true } })
    await expect(world.accept({ operation: 'dcs.instance.stop' })).rejects.toMatchObject({ name: 'KeyReusedError' })
  })

  test('is that of the same request, however another release hashed it', async () => {
    const { id } = await world.accept({ operation: 'dcs.instance.restart' })
    world.runs.set(id, { ...world.get(id), fingerprint: 'of another release' })
    expect((await world.accept({ operation: 'dcs.instance.restart' })).id).toBe(id)
  })
})

test.for([
  [{}, undefined],
  [{ account: 'default' }, undefined],
  [{ account: 'staging' }, 'staging'],
] as const)('the account of %j is kept as %j', async ([account, kept]) => {
  const { id } = await world.accept({ target: { instanceId: INSTANCE, ...account } })
  expect(world.get(id).target).toEqual({
    instanceId: INSTANCE,
    region: 'cn-north-4',
    ...(kept ? { account: kept } : {}),
  })
})

describe('the region', () => {
  const request = (target: object) => ({
    operation: 'emr.monitor.stop',
    target,
    source: { kind: 'http' as const, name: 'api', id: 'test' },
    collision: 'reject' as const,
    idempotencyKey: 'key',
  })
  const { region: _, ...unplaced } = HDFS

  test('that is left out is that of the provider', async () => {
    const { run } = await accept(world.ports, request(unplaced), { huawei: 'cn-north-4', tencent: 'ap-singapore' })
    expect(run.target).toEqual({ ...unplaced, region: 'ap-singapore' })
  })

  test('that is named is kept', async () => {
    const { run } = await accept(world.ports, request(HDFS), { tencent: 'ap-singapore' })
    expect(run.target.region).toBe('ap-guangzhou')
    expect((await accept(world.ports, { ...request(HDFS), idempotencyKey: 'two' }, {})).created).toBe(true)
  })

  test.for([{}, { huawei: 'cn-north-4' }, { huawei: 'cn-north-4', tencent: undefined }])(
    'that neither names, with %j, is asked for, and nothing is stored',
    async (regions) => {
      await expect(accept(world.ports, request(unplaced), regions)).rejects.toMatchObject({
        name: 'RequestError',
        issues: [{ field: 'target.region', message: 'is missing; no default region is configured for tencent' }],
      })
      expect([world.runs.size, world.letters.length]).toEqual([0, 0])
    },
  )
})
