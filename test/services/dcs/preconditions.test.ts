import { describe, expect, test } from 'vitest'
import { CloudError } from '../../../lib/cloud/errors.ts'
import type { RequestParts } from '../../../lib/cloud/operation.ts'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import type { Finding } from '../../../lib/services/precondition.ts'
import type { Read } from '../../../lib/services/tracking.ts'
import { type Answer, I, reading } from './shown.ts'

const NOW = Date.parse('2026-03-02T12:00:00.000Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const MARK = 'steadyhand run_1'

interface Asked {
  target?: object
  params?: object
  forPlan?: boolean
}

/** What an operation's precondition finds. */
async function finding(operation: string, name: string, read: Read, asked: Asked = {}): Promise<Finding | undefined> {
  const { target, params, preconditions } = CATALOGUE.get(operation) ?? { preconditions: [] }
  const one = preconditions.find((precondition) => precondition.name === name)
  if (!one || !('check' in one)) throw new Error(`${operation} does not check ${name}`)
  return one.check(read, {
    target: target?.parse({ instanceId: I, ...asked.target }),
    params: params?.parse(asked.params ?? {}),
    ...{ mark: MARK, nowMs: NOW, forPlan: asked.forPlan ?? false },
  })
}

type Replica = [id: string | null, role: 'master' | 'slave' | 'MASTER', status: string | null | undefined]

const M: Replica = ['m', 'master', 'Active']

const shards = (...groups: Replica[][]): object => ({
  group_list: groups.map((replicas, index) => ({
    group_id: `g${index}`,
    replication_list: replicas.map(([node_id, replication_role, status]) => ({ node_id, replication_role, status })),
  })),
})

const HIDDEN = { says: 'allow', reason: 'DCS does not show the states of replicas of this instance' }
const allow = (figures: string) => ({ says: 'allow', reason: 'every shard has an Active replica', figures })
const wait = (reason: string, figures: string) => ({ says: 'wait', reason, figures })

describe('replica-ready of dcs.instance.swap', () => {
  test.for<[string, Answer, unknown]>([
    ['one Active replica', shards([M, ['r', 'slave', 'Active']]), allow('1 of 1 replicas Active')],
    ['one in another spelling', shards([M, ['r', 'slave', ' ACTIVE ']]), allow('1 of 1 replicas Active')],
    [
      'a master that is not Active, whose replica is',
      shards([
        ['m', 'MASTER', 'Inactive'],
        ['r', 'slave', 'Active'],
      ]),
      allow('1 of 1 replicas Active'),
    ],
    [
      'one of two replicas Active',
      shards([M, ['r', 'slave', 'Inactive'], ['s', 'slave', 'Active']]),
      allow('1 of 2 replicas Active'),
    ],
    [
      'its replica Inactive',
      shards([M, ['r', 'slave', 'Inactive']]),
      wait('shard g0 has no Active replica: r is Inactive', '0 of 1 replicas Active'),
    ],
    [
      'its replica in a state that nobody knows',
      shards([M, ['r', 'slave', 'Syncing']]),
      wait('shard g0 has no Active replica: r is Syncing', '0 of 1 replicas Active'),
    ],
    [
      'a replica without an id',
      shards([M, [null, 'slave', 'Inactive']]),
      wait('shard g0 has no Active replica: a node is Inactive', '0 of 1 replicas Active'),
    ],
    [
      'a second shard that has none',
      shards([M, ['r', 'slave', 'Active']], [M, ['s', 'slave', 'Inactive']]),
      wait('shard g1 has no Active replica: s is Inactive', '1 of 2 replicas Active'),
    ],
    ['a master alone', shards([M]), wait('shard g0 has no Active replica: it lists none', '0 of 0 replicas Active')],
    ['a replica without a state', shards([M, ['r', 'slave', undefined]]), HIDDEN],
    ['a replica whose state is null', shards([M, ['r', 'slave', null]]), HIDDEN],
    ['no shards', shards(), HIDDEN],
    ['null', { group_list: null }, HIDDEN],
    ['a refusal, as of a single node', { fails: 'unsupported', code: 'DCS.4027' }, HIDDEN],
    ['a refusal in other words', { fails: 'invalid' }, HIDDEN],
  ])('where DCS lists %s', async ([, groups, expected]) => {
    const { read, asked } = reading({ groups })
    expect(await finding('dcs.instance.swap', 'replica-ready', read)).toEqual(expected)
    expect(asked).toEqual([{ what: 'groups', input: { instanceId: I } }])
  })
})

describe('replica-ready of dcs.shard.failover', () => {
  const is = (status: string) => ({ says: 'allow', reason: `node r is ${status}`, figures: status })
  test.for<[string, Answer, unknown]>([
    ['it is Active', shards([M, ['r', 'slave', 'Active']]), is('Active')],
    ['it is Inactive', shards([M, ['r', 'slave', 'Inactive']]), wait('node r is not Active: Inactive', 'Inactive')],
    [
      'another one is Active',
      shards([M, ['r', 'slave', 'Inactive'], ['s', 'slave', 'Active']]),
      wait('node r is not Active: Inactive', 'Inactive'),
    ],
    ['it is master already: DCS says so', shards([['r', 'master', 'Active']]), is('Active')],
    ['its shard does not list it', shards([M]), { says: 'refuse', reason: 'the shard lists no node r' }],
    [
      'another shard lists it',
      shards([M], [M, ['r', 'slave', 'Active']]),
      { says: 'refuse', reason: 'the shard lists no node r' },
    ],
    ['nodes have no ids', shards([M, [null, 'slave', 'Active']]), HIDDEN],
    ['nodes have no states', shards([M, ['r', 'slave', null]]), HIDDEN],
    ['no shards are listed', shards(), HIDDEN],
  ])('where %s', async ([, groups, expected]) => {
    const { read } = reading({ groups })
    const target = { groupId: 'g0', nodeId: 'r' }
    expect(await finding('dcs.shard.failover', 'replica-ready', read, { target })).toEqual(expected)
  })
})

test.for(['network', 'throttled', 'timeout', 'unreadable', 'denied', 'unavailable'] as const)(
  'replicas that cannot be read (%s) are never taken for Active',
  async (fails) => {
    const { read } = reading({ groups: { fails } })
    const target = { groupId: 'g0', nodeId: 'r' }
    for (const [operation, more] of [
      ['dcs.instance.swap', {}],
      ['dcs.shard.failover', { target }],
    ] as const)
      await expect(finding(operation, 'replica-ready', read, more)).rejects.toMatchObject({ facts: { kind: fails } })
  },
)

describe.for(['dcs.instance.flush', 'dcs.instance.stop', 'dcs.node.stop'])('backup-fresh of %s', (operation) => {
  const ago = (ms: number): string => new Date(NOW - ms).toISOString()
  const backup = (status: string, ms: number, remark = ''): object => ({
    ...{ status, remark },
    created_at: ago(ms),
    updated_at: ago(ms),
  })

  async function found(
    records: object[] | CloudError,
    asked: Asked,
  ): Promise<{ finding: Finding | undefined; requests: RequestParts[] }> {
    const requests: RequestParts[] = []
    const read: Read = async (one, input) => {
      requests.push(one.request(one.input.parse(input)))
      if (records instanceof CloudError) throw records
      return one.output.parse({ backup_record_response: records })
    }
    return { finding: await finding(operation, 'backup-fresh', read, asked), requests }
  }

  const WITHIN = { params: { backupWithinMinutes: 60 } }
  const says = (word: string, reason: string, figures: string) => ({ says: word, reason, figures })
  const OLD = 'the newest good backup is 61 min old'
  const NONE = 'no good backup is listed'
  const FRESH = 'the newest good backup is 59 min old'

  test.for<[string, object[], unknown]>([
    [
      'a good one of an hour, less a minute',
      [backup('succeed', 59 * MINUTE), backup('succeed', 5 * HOUR)],
      says('allow', `${FRESH}; backupWithinMinutes is 60`, FRESH),
    ],
    [
      'a good one that is older',
      [backup('succeed', 61 * MINUTE)],
      says('refuse', `${OLD}; backupWithinMinutes is 60`, OLD),
    ],
    ['a failed one', [backup('failed', MINUTE)], says('refuse', `${NONE}; backupWithinMinutes is 60`, NONE)],
    ['one without a time', [{ status: 'succeed' }], says('refuse', `${NONE}; backupWithinMinutes is 60`, NONE)],
    ['none', [], says('refuse', `${NONE}; backupWithinMinutes is 60`, NONE)],
    [
      'one that is being made',
      [backup('backuping', MINUTE), backup('succeed', 61 * MINUTE)],
      says('wait', `a backup is backuping, and ${OLD}; backupWithinMinutes is 60`, OLD),
    ],
    [
      'one that was made for this run and took long',
      [backup('succeed', 61 * MINUTE, MARK)],
      says('allow', 'a backup was made for this run', OLD),
    ],
    [
      'one that was made for another run',
      [backup('succeed', 61 * MINUTE, 'steadyhand run_2')],
      says('refuse', `${OLD}; backupWithinMinutes is 60`, OLD),
    ],
  ])('with backupWithinMinutes: %s', async ([, records, expected]) => {
    for (const forPlan of [false, true]) {
      const one = await found(records, { ...WITHIN, forPlan })
      expect([one.finding, one.requests.length]).toEqual([expected, 1])
    }
  })

  test('without it, nothing is read before it is sent, and a plan shows the age alone', async () => {
    const records = [backup('succeed', 61 * MINUTE)]
    const sent = await found(records, {})
    const planned = await found(records, { forPlan: true })
    expect([sent.finding, sent.requests.length, planned.finding, planned.requests.length]).toEqual([
      ...[undefined, 0],
      ...[says('allow', 'backupWithinMinutes is not given', OLD), 1],
    ])
  })

  test('a failed read never counts as fresh, and costs a plan without the param its figure alone', async () => {
    const lost = new CloudError({ operation: 'dcs.backup.list', kind: 'network', change: 'none', what: 'lost' })
    await expect(found(lost, WITHIN)).rejects.toBe(lost)
    await expect(found(lost, { ...WITHIN, forPlan: true })).rejects.toBe(lost)
    expect((await found(lost, { forPlan: true })).finding).toEqual({
      says: 'allow',
      reason: 'backupWithinMinutes is not given; backups cannot be read: dcs.backup.list: lost',
    })
  })

  test.for<[string, Asked, string]>([
    ['an hour reads 25 hours, as the preparation does', WITHIN, '20260301110000'],
    ['a week reads a week and an hour', { params: { backupWithinMinutes: 10_080 } }, '20260223110000'],
    ['a plan without the param reads a week and an hour', { forPlan: true }, '20260223110000'],
  ])('%s', async ([, asked, begin_time]) => {
    const { requests } = await found([], asked)
    expect(requests).toMatchObject([{ query: { begin_time } }])
  })

  test.for([0, 10_081, 1.5, '60'])('backupWithinMinutes is not %j', async (backupWithinMinutes) => {
    await expect(found([], { params: { backupWithinMinutes } })).rejects.toThrow()
  })
})
