import { describe, expect, test } from 'vitest'
import { answerReader } from '../../../lib/cloud/huawei/errors.ts'
import type { RequestParts } from '../../../lib/cloud/operation.ts'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import { createBackup, ensureBackup, listBackups } from '../../../lib/services/dcs/backups.ts'
import { nodeIsMaster } from '../../../lib/services/dcs/probes/masters.ts'
import { DCS } from '../../../lib/services/dcs/service.ts'
import type { Readiness } from '../../../lib/services/lifecycle.ts'
import type { Read } from '../../../lib/services/tracking.ts'

const readAnswer = answerReader(DCS.errors)

const I = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const NOW = Date.parse('2026-03-02T12:00:00.000Z')
const MARK = 'steadyhand run_1'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const ago = (ms: number): string => new Date(NOW - ms).toISOString()

interface Asked {
  readiness: Readiness
  requests: RequestParts[]
}

/** The readiness for these backups, read through the text of the answer. */
async function lookedAt(
  answer: { status: number; text: string; date?: string },
  request: { firstSentAtMs?: number; params?: object } = {},
): Promise<Asked> {
  const requests: RequestParts[] = []
  const read: Read = async (operation, input) => {
    requests.push(operation.request(operation.input.parse(input)))
    if (operation.name === 'dcs.backup.create') return operation.output.parse({ backup_id: 'b' })
    const reading = readAnswer({ ...answer, headers: { date: answer.date } }, operation.decode)
    if ('refusal' in reading) throw new Error(reading.refusal.what)
    return operation.output.parse(reading.payload)
  }
  const readiness = await ensureBackup.preparation.readiness(read, {
    target: { instanceId: I },
    params: { ensureBackup: true },
    mark: MARK,
    nowMs: NOW,
    ...request,
  })
  return { readiness, requests }
}

const listing = (...backup_record_response: object[]): { status: number; text: string } => ({
  status: 200,
  text: JSON.stringify({ total_num: backup_record_response.length, backup_record_response }),
})

/** A record as DCS shows it: with more fields than we read. */
const backup = (status: string, more: object = {}): object => ({
  backup_id: 'e9a0',
  period: '',
  size: 178,
  backup_type: 'auto',
  remark: '',
  progress: '100.00',
  error_code: {},
  created_at: ago(2 * HOUR),
  updated_at: ago(HOUR),
  is_support_restore: 'TRUE',
  ...more,
  status,
})
const own = (status: string, more: object = {}): object => backup(status, { remark: MARK, ...more })

/** `yyyy-mm-dd hh:mm:ss`, in UTC on every host. */
const plain = (createdMs: number, updatedMs: number): object => {
  const [created_at, updated_at] = [createdMs, updatedMs].map((ms) => ago(ms).slice(0, 19).replace('T', ' '))
  return { created_at, updated_at }
}

const ASKS = { first: expect.any(Function), observed: 'BACKUP REQUESTED' }

describe('the age of a backup is by the clock of the cloud', () => {
  const date = (ms: number): string => new Date(NOW + ms).toUTCString()
  const old = listing(backup('succeed', { created_at: ago(22 * HOUR) }))
  test.for<[string, string | undefined, unknown]>([
    ['none is told', undefined, 'ready'],
    ['it agrees with ours', date(0), 'ready'],
    ['ours is two hours late', date(2 * HOUR), ASKS],
    ['ours is two hours ahead', date(-2 * HOUR), 'ready'],
    ['nobody can read it', 'today', 'ready'],
  ])('where %s', async ([, told, readiness]) => {
    expect((await lookedAt({ ...old, ...(told ? { date: told } : {}) })).readiness).toEqual(readiness)
  })
})

describe('before anything was asked for', () => {
  test.for<[string, { status: number; text: string }, unknown]>([
    ['a good one of an hour ago', listing(backup('succeed')), 'ready'],
    ['a good one of 23 hours, less a moment', listing(backup('succeed', { created_at: ago(23 * HOUR - 1) })), 'ready'],
    ['a good one of 23 hours', listing(backup('succeed', { created_at: ago(23 * HOUR) })), ASKS],
    ['one that is complete since 23 hours', listing(backup('succeed', { updated_at: ago(23 * HOUR) })), ASKS],
    [
      'one that was begun long ago and is complete since an hour',
      listing(backup('succeed', { created_at: ago(24.5 * HOUR) })),
      ASKS,
    ],
    ['one with times as Terraform has them', listing(backup('succeed', plain(2 * HOUR, HOUR))), 'ready'],
    ['an old one with such times', listing(backup('succeed', plain(23 * HOUR + 1_000, HOUR))), ASKS],
    [
      'one that was begun an hour ago and does not say when it was complete',
      listing(backup('succeed', { created_at: ago(HOUR), updated_at: null })),
      'ready',
    ],
    ['one without times', listing(backup('succeed', { created_at: undefined, updated_at: undefined })), ASKS],
    ['one with a time that nobody can read', listing(backup('succeed', { updated_at: 'yesterday' })), 'ready'],
    [
      'one with times that nobody can read',
      listing(backup('succeed', { created_at: 'long ago', updated_at: 'yesterday' })),
      ASKS,
    ],
    ['one with no time at all', listing(backup('succeed', { created_at: '', updated_at: '' })), ASKS],
    [
      'an old one and a good one',
      listing(backup('succeed', { updated_at: ago(24 * HOUR) }), backup('succeed')),
      'ready',
    ],
    ['a failed one', listing(backup('failed', { error_code: 'dcs.08.0001' })), ASKS],
    ['a failed one and a good one', listing(backup('failed'), backup('succeed')), 'ready'],
    ['an expired one', listing(backup('expired')), ASKS],
    ['a deleted one', listing(backup('deleted')), ASKS],
    ['one of a status that nobody knows', listing(backup('restoring')), ASKS],
    ['one of another spelling', listing(backup('SUCCEED')), ASKS],
    ['none', listing(), ASKS],
    ['no list', { status: 200, text: '{}' }, ASKS],
    ['a list that is null', { status: 200, text: '{"backup_record_response":null}' }, ASKS],
    ['204 and no body', { status: 204, text: '' }, ASKS],
  ])('with %s', async ([, answer, readiness]) => {
    expect((await lookedAt(answer)).readiness).toEqual(readiness)
  })

  test.for<[string, object, string]>([
    ['waiting', { progress: '0.00' }, 'BACKUP WAITING 0.00'],
    ['backuping', { progress: '40.00' }, 'BACKUP BACKUPING 40.00'],
    ['backuping', { progress: null }, 'BACKUP BACKUPING'],
  ])("somebody else's that is %s is waited for", async ([status, more, wait]) => {
    const { readiness, requests } = await lookedAt(listing(backup('failed'), backup(status, more)))
    expect([readiness, requests.length]).toEqual([{ wait }, 1])
  })

  test('a good one counts, though another is being made', async () => {
    expect((await lookedAt(listing(backup('backuping'), backup('succeed')))).readiness).toBe('ready')
  })
})

describe('after it was asked for', () => {
  const SENT = { firstSentAtMs: NOW - MINUTE }
  test.for<[string, { status: number; text: string }, unknown]>([
    ['its own has succeeded', listing(own('succeed')), 'ready'],
    ['its own has succeeded, at a time that nobody can read', listing(own('succeed', { updated_at: '?' })), 'ready'],
    [
      'its own has succeeded, by a clock far behind ours',
      listing(own('succeed', { updated_at: ago(24.9 * HOUR) })),
      'ready',
    ],
    ['its own waits', listing(own('waiting', { progress: '0.00' })), { wait: 'BACKUP WAITING 0.00' }],
    [
      'its own has failed',
      listing(own('failed', { error_code: 'dcs.08.0002' })),
      {
        refused: 'the backup before it ended as failed (dcs.08.0002)',
      },
    ],
    [
      'its own has failed without a reason',
      listing(own('failed')),
      { refused: 'the backup before it ended as failed' },
    ],
    [
      'its own has failed with an empty reason',
      listing(own('failed', { error_code: '' })),
      {
        refused: 'the backup before it ended as failed',
      },
    ],
    ['its own was deleted', listing(own('deleted')), { refused: 'the backup before it ended as deleted' }],
    ['its own has failed, and another has succeeded', listing(own('failed'), backup('succeed')), 'ready'],
    [
      'its own has failed, and another is being made',
      listing(own('failed'), backup('waiting', { progress: null })),
      {
        wait: 'BACKUP WAITING',
      },
    ],
    ['it is not listed yet', { status: 204, text: '' }, { wait: 'BACKUP NOT LISTED YET' }],
    [
      'only the one of another run has failed',
      listing(backup('failed', { remark: 'steadyhand run_2' })),
      {
        wait: 'BACKUP NOT LISTED YET',
      },
    ],
  ])('%s', async ([, answer, readiness]) => {
    const asked = await lookedAt(answer, SENT)
    expect([asked.readiness, asked.requests.length]).toEqual([readiness, 1])
  })

  test.for([
    [5 * MINUTE - 1, { wait: 'BACKUP NOT LISTED YET' }],
    [5 * MINUTE, { refused: 'the backup that was requested before it is not listed' }],
    [HOUR, { refused: 'the backup that was requested before it is not listed' }],
    [0, { wait: 'BACKUP NOT LISTED YET' }],
  ] as const)('%d ms ago, and not listed: %j', async ([ms, readiness]) => {
    expect((await lookedAt({ status: 204, text: '' }, { firstSentAtMs: NOW - ms })).readiness).toEqual(readiness)
  })

  test('its own is known although the answer that named it was lost before anything was noted', async () => {
    expect((await lookedAt(listing(own('failed')))).readiness).toEqual({
      refused: 'the backup before it ended as failed',
    })
  })
})

describe('the requests', () => {
  test('ask for the backups of 25 hours, and for one marked with the run', async () => {
    const { readiness, requests } = await lookedAt({ status: 204, text: '' })
    if (typeof readiness === 'string' || !('first' in readiness)) throw new Error('no backup is asked for')
    expect(requests).toEqual([
      {
        method: 'GET',
        path: `/v2/{project_id}/instances/${I}/backups`,
        query: { begin_time: '20260301110000', limit: '100' },
      },
    ])
    await readiness.first()
    expect(requests.slice(1)).toEqual([
      { method: 'POST', path: `/v2/{project_id}/instances/${I}/backups`, body: { remark: MARK } },
    ])
  })

  test.for([undefined, false])('are none with ensureBackup %s', async (wanted) => {
    const params = wanted === undefined ? {} : { ensureBackup: wanted }
    expect(await lookedAt({ status: 500, text: '' }, { params })).toEqual({ readiness: 'ready', requests: [] })
  })

  test('are a read, and a write that is sent once', () => {
    expect([listBackups.effect, createBackup.effect]).toEqual(['read', 'once'])
  })

  test.for([
    [listBackups, { instanceId: 'x', sinceMs: 0 }],
    [listBackups, { instanceId: I, sinceMs: 0.5 }],
    [createBackup, { instanceId: `${I}/..`, remark: '' }],
    [createBackup, { instanceId: I, remark: 'x'.repeat(129) }],
  ] as const)('%# refuse %j', ([operation, input]) => {
    expect(operation.input.safeParse(input).success).toBe(false)
  })

  test('the answer must name the backup', () => {
    expect(createBackup.output.safeParse({}).success).toBe(false)
  })
})

const named = (name: string) => {
  const operation = CATALOGUE.get(name)
  if (!operation) throw new Error(`no operation ${name}`)
  return operation
}

describe('the option', () => {
  const WITH = ['dcs.node.stop', 'dcs.instance.flush', 'dcs.instance.stop']
  test('is one of the operations that stop or delete, and gives them an hour more', () => {
    const takes = [...CATALOGUE.values()].filter(({ params }) => params.safeParse({ ensureBackup: true }).success)
    expect(takes.map(({ name }) => name)).toEqual(WITH)
    for (const { preparation } of takes) {
      expect(
        [{ ensureBackup: true }, { ensureBackup: false }, {}].map((params) => preparation?.minutes(params)),
      ).toEqual([60, 0, 0])
    }
    expect([...CATALOGUE.values()].filter(({ preparation }) => preparation).map(({ name }) => name)).toEqual(WITH)
  })

  test.for([{ ensureBackup: 'yes' }, { ensureBackup: 1 }, { ensurebackup: true }, { strategy: {} }, [], 'x', null])(
    'refuses %j',
    (params) => {
      for (const name of WITH) expect(named(name).params.safeParse(params).success).toBe(false)
    },
  )
})

describe('dcs.shard.failover', () => {
  const GROUP = '4ed4e2b1'
  const target = { region: 'cn-north-4', instanceId: I, groupId: GROUP, nodeId: 'node-2' }
  const operation = named('dcs.shard.failover')

  test('is POST …/async-switchover of `instance`, without a body, once', () => {
    expect(operation.request({ target, params: {}, baseline: undefined })).toEqual({
      method: 'POST',
      path: `/v2/{project_id}/instance/${I}/groups/${GROUP}/replications/node-2/async-switchover`,
    })
    expect([operation.api, operation.effect]).toEqual(['ExecuteClusterSwitchover', 'once'])
  })

  test('holds the whole instance', () => {
    expect(operation.resource(target)).toBe(`huawei/dcs/${I}`)
  })

  test('is answered with its job', () => {
    expect(operation.accepted(operation.output.parse({ job_id: 'job-1' }), target)).toEqual({ jobId: 'job-1' })
    expect(operation.output.safeParse({ job_id: '' }).success).toBe(false)
    expect(operation.output.safeParse({}).success).toBe(false)
  })

  test.for<[object, string]>([
    [{ groupId: undefined }, 'groupId'],
    [{ nodeId: undefined }, 'nodeId'],
    [{ groupId: '../x' }, 'groupId'],
    [{ nodeId: 'a b' }, 'nodeId'],
    [{ nodeId: '' }, 'nodeId'],
    [{ instanceId: 'x' }, 'instanceId'],
    [{ nodeIds: ['node-2'] }, ''],
  ])('refuses a target with %j', ([more, field]) => {
    const { error } = operation.target.safeParse({ ...target, ...more })
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field])
  })

  test('takes no params', () => {
    expect(operation.params.safeParse({ ensureBackup: true }).success).toBe(false)
  })

  const groups = (masters: Record<string, string>): object => ({
    group_list: Object.entries(masters).map(([group_id, node_id]) => ({
      group_id,
      replication_list: [
        { replication_role: 'slave', node_id: 'node-9' },
        { replication_role: 'Master', node_id },
      ],
    })),
  })
  const reading =
    (answer: object): Read =>
    async (read) =>
      read.output.parse(answer)

  test('is proven by its own shard alone', async () => {
    const facts = { target, params: {}, baseline: undefined, sentAtMs: 0 }
    const looks = (masters: Record<string, string>) => nodeIsMaster.observe(reading(groups(masters)), facts)
    expect(await looks({ [GROUP]: 'node-2', other: 'node-3' })).toEqual({
      verdict: 'done',
      observed: 'AS ASKED',
      listed: true,
      proof: 'the node is master of its shard',
    })
    const another = { verdict: 'pending', observed: 'ANOTHER NODE', listed: true }
    expect(await looks({ [GROUP]: 'node-1', other: 'node-2' })).toEqual(another)
    expect(await looks({ other: 'node-2' })).toEqual(another)
    expect(await looks({})).toEqual(another)
    expect([operation.tracking.progress.name, operation.tracking.verify?.name]).toEqual(['job', 'master'])
  })

  test('notes the masters before', async () => {
    const baseline = await operation.tracking.baseline(reading(groups({ [GROUP]: 'node-1' })), target)
    expect(baseline).toEqual({ masters: { [GROUP]: 'node-1' } })
  })
})
