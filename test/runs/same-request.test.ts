import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { checkRequest } from '../../lib/runs/accept/check-request.ts'
import { fingerprintOf } from '../../lib/runs/accept/fingerprint.ts'
import { isSameRequest } from '../../lib/runs/same-request.ts'
import { CATALOGUE } from '../../lib/services/catalogue.ts'
import { sampleOf } from '../services/samples.ts'
import { CLUSTER } from '../world/fake-emr.ts'
import { createWorld } from '../world/world.ts'

/** Two requests for the same, however each is spelt. */

const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const REGIONS = { huawei: 'cn-north-4', tencent: 'ap-guangzhou' }

interface Request {
  operation: string
  target: object
  params?: object
}

const RESTART = { operation: 'dcs.instance.restart', target: { instanceId: INSTANCE } }
const FLUSH = { ...RESTART, operation: 'dcs.instance.flush' }
const nodes = (...nodeIds: string[]): Request => ({
  operation: 'dcs.node.stop',
  target: { instanceId: INSTANCE, ...(nodeIds.length > 0 ? { nodeIds } : {}) },
})
const cluster = (...services: object[]): Request => ({
  operation: 'emr.service.stop',
  target: { clusterId: CLUSTER, region: 'ap-guangzhou', services },
})
const HDFS = (...components: object[]): object => ({ name: 'HDFS', ...(components.length > 0 ? { components } : {}) })
const from = (request: Request, seenFrom: object): Request => ({
  ...request,
  target: { ...request.target, ...seenFrom },
})

const asRun = ({ operation, target, params }: Request, baseline?: unknown) => {
  const checked = checkRequest({ operation, target, params }, REGIONS)
  return { operation, target: checked.target, params: checked.params, ...(baseline ? { baseline } : {}) }
}

const SAME: [string, Request, Request][] = [
  ['no account and `default`', RESTART, from(RESTART, { account: 'default' })],
  ['two accounts', RESTART, from(RESTART, { account: 'staging' })],
  ['two regions', RESTART, from(RESTART, { region: 'cn-south-1' })],
  ['an id in capitals', RESTART, from(RESTART, { instanceId: INSTANCE.toUpperCase() })],
  ['nodes in another order', nodes('n1', 'n2'), nodes('n2', 'n1')],
  ['services in another order', cluster(HDFS(), { name: 'YARN' }), cluster({ name: 'YARN' }, HDFS())],
  [
    'components in another order',
    cluster(HDFS({ name: 'DataNode' }, { name: 'NameNode' })),
    cluster(HDFS({ name: 'NameNode' }, { name: 'DataNode' })),
  ],
  [
    'IPs in another order',
    cluster(HDFS({ name: 'DataNode', ips: ['10.0.0.2', '10.0.0.1'] })),
    cluster(HDFS({ name: 'DataNode', ips: ['10.0.0.1', '10.0.0.2'] })),
  ],
  ['a service in small letters', cluster(HDFS()), cluster({ name: 'hdfs' })],
  ['no backup and none said', { ...FLUSH, params: { ensureBackup: false } }, FLUSH],
]

const OTHER: [string, Request, Request][] = [
  ['another operation', RESTART, FLUSH],
  ['another instance', RESTART, from(RESTART, { instanceId: INSTANCE.replace('2e', '3e') })],
  ['another node', nodes('n1'), nodes('n2')],
  ['more nodes', nodes('n1'), nodes('n1', 'n2')],
  ['all nodes and one', nodes(), nodes('n1')],
  ['another service', cluster(HDFS()), cluster({ name: 'YARN' })],
  ['a component of the service', cluster(HDFS()), cluster(HDFS({ name: 'DataNode' }))],
  [
    'another IP',
    cluster(HDFS({ name: 'DataNode', ips: ['10.0.0.1'] })),
    cluster(HDFS({ name: 'DataNode', ips: ['10.0.0.2'] })),
  ],
  ['with a backup', FLUSH, { ...FLUSH, params: { ensureBackup: true } }],
]

const bothWays = (rows: [string, Request, Request][]): [string, Request, Request][] =>
  rows.flatMap(([name, a, b]) => [
    [name, a, b],
    [`${name}, the other way round`, b, a],
  ])

test.for(bothWays(SAME))('%s is the same request', ([, first, second]) => {
  expect(isSameRequest(asRun(first), asRun(second))).toBe(true)
})

test.for(SAME)('%s, under one key, is one run', async ([, { params = {}, ...first }, second]) => {
  const world = createWorld()
  const { id } = await world.accept({ params, ...first })
  expect((await world.accept({ params: {}, ...second })).id).toBe(id)
  expect(world.runs.size).toBe(1)
})

test.for(bothWays(OTHER))('%s is another request', ([, first, second]) => {
  expect(isSameRequest(asRun(first), asRun(second))).toBe(false)
})

test.for<[string, Request, unknown[]]>([
  [
    'without params',
    from(RESTART, { account: 'staging' }),
    [
      ['account', 'staging'],
      ['instanceId', INSTANCE],
      ['region', 'cn-north-4'],
    ],
  ],
  [
    'with params',
    { ...FLUSH, params: { ensureBackup: true } },
    [
      ['instanceId', INSTANCE],
      ['region', 'cn-north-4'],
    ],
  ],
])('the fingerprint is what release 0.4 compares: %s', ([, request, where]) => {
  const how = request.params ? [Object.entries(request.params)] : []
  const text = JSON.stringify([request.operation, where, ...how])
  const checked = checkRequest({ params: {}, ...request }, REGIONS)
  expect(fingerprintOf(checked)).toBe(createHash('sha256').update(text).digest('hex'))
})

test('each operation of the catalogue is the same as itself, and as no other', () => {
  const samples: Request[] = [...CATALOGUE.values()].map((operation) => {
    const { target, params } = sampleOf(operation)
    return { operation: operation.name, target, params: z.safeParse(operation.params, params).success ? params : {} }
  })
  const runs = samples.map((one) => asRun(one))
  for (const [index, run] of runs.entries()) {
    expect(runs.map((other) => isSameRequest(run, other))).toEqual(runs.map((_, other) => other === index))
  }
})

describe('all nodes by name', () => {
  const baseline = {
    nodes: [
      { id: 'l1', nodeId: 'n1', status: 'Active' },
      { id: 'l2', status: 'Active' },
    ],
  }
  test.for<[string, Request, Request, unknown, boolean]>([
    ['are what naming none is', nodes(), nodes('l1', 'l2'), baseline, true],
    ['are so by either of their ids', nodes(), nodes('l2', 'n1'), baseline, true],
    ['are so the other way round', nodes('n1', 'l2'), nodes(), baseline, true],
    ['are not but one', nodes(), nodes('l1'), baseline, false],
    ['are not known before they were seen', nodes(), nodes('l1', 'l2'), undefined, false],
    ['are none of an instance that shows none', nodes(), nodes('l1', 'l2'), { nodes: [] }, false],
    ['one by both of its ids is one', nodes('l1'), nodes('n1'), baseline, true],
  ])('%s', ([, first, second, seen, same]) => {
    expect(isSameRequest(asRun(first, seen), asRun(second))).toBe(same)
  })

  test('join the run that names none, once it has seen them', async () => {
    const world = createWorld()
    const ask = (target: object, idempotencyKey: string) =>
      world.accept({ operation: 'dcs.node.stop', target: { instanceId: INSTANCE, ...target }, idempotencyKey })
    const { id } = await ask({}, 'one')
    await world.pass(5_000)
    expect(await ask({ nodeIds: ['node-2', 'node-1'] }, 'two')).toMatchObject({ state: 'attached', attachedTo: id })
    expect(await ask({ nodeIds: ['node-2'] }, 'three')).toMatchObject({ state: 'refused' })
    await world.pass(300_000)
    expect(world.cloud.calls.get('dcs.node.stop')).toBe(1)
  })
})

test('an operation that this release does not know is the same as none', () => {
  const run = { ...asRun(RESTART), operation: 'dcs.instance.explode' }
  expect(isSameRequest(run, run)).toBe(false)
})
