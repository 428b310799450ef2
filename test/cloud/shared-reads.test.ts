import { beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import type { Call, CallContext } from '../../lib/cloud/call.ts'
import { CloudError, type ErrorKind } from '../../lib/cloud/errors.ts'
import { type Operation, operation, type WorkPage } from '../../lib/cloud/operation.ts'
import { withSharedReads } from '../../lib/cloud/shared-reads.ts'
import { DCS } from '../../lib/services/dcs/service.ts'

type Shown = { status: string }

let now: number
/** What the cloud was asked, in order. */
let asked: string[]
/** What its list names as at work, a page each; and how many rows it says there are. */
let pages: string[][]
let total: number
let listFails: ErrorKind | undefined
/** Resolves before a list is answered. */
let listTakes: Promise<void>
let call: Call

const inner: Call = async (one, input, { account = '', region, deadlineAtMs }) => {
  const { id, page } = input as { id?: string; page?: number }
  const where = `${account}@${region}`
  asked.push(page === undefined ? `${id} ${where}` : `${one.name} ${page} ${where} within ${deadlineAtMs - now}`)
  if (page === undefined) return { status: 'read by itself' } as never
  await listTakes
  if (listFails) throw new CloudError({ operation: one.name, kind: listFails, change: 'none', what: 'as told' })
  const rows = pages[page] ?? []
  return { rows: rows.length, total, atWork: rows.map((key) => [key, { status: 'listed' }]) } as never
}

const parts = {
  service: DCS,
  api: 'A',
  docs: '',
  effect: 'read',
  output: z.any(),
  request: () => ({ method: 'GET' as const, path: '/' }),
} as const
const list = (name: string): Operation<{ page: number }, WorkPage<Shown>> =>
  operation({ ...parts, name, input: z.object({ page: z.int() }) })
const showOf = (kind: string): Operation<{ id: string }, Shown> =>
  operation({
    ...parts,
    name: 'show',
    input: z.object({ id: z.string() }),
    shared: { kind, keyOf: ({ id }) => id, list: list(`list ${kind}`) },
  })
const show = showOf('things')

const HERE: CallContext = { region: 'r1', deadlineAtMs: 0, listAgeMs: 5_000 }

beforeEach(() => {
  now = 1_000_000
  asked = []
  pages = [['a', 'b', 'c']]
  total = 3
  listFails = undefined
  listTakes = Promise.resolve()
  call = withSharedReads(inner, () => now)
})

async function read(id: string, context: Partial<CallContext> = {}, one = show): Promise<string> {
  const { status } = await call(one, { id }, { ...HERE, deadlineAtMs: now + 10_000, ...context })
  return status
}

const LIST = 'list things 0 @r1 within 5000'

test('the first is read by itself, the second makes a list, and that answers the others', async () => {
  const answers = [await read('a'), ...(await Promise.all(['b', 'c', 'a'].map((id) => read(id))))]
  expect(answers).toEqual(['read by itself', 'listed', 'listed', 'listed'])
  expect(asked).toEqual(['a @r1', LIST])
})

test('those who come while a list is on its way wait for it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  listTakes = promise
  await read('a')
  const answers = Promise.all([read('b'), read('c')])
  resolve()
  expect(await answers).toEqual(['listed', 'listed'])
  expect(asked).toEqual(['a @r1', LIST])
})

test('one that is not listed is read by itself, at once', async () => {
  await read('a')
  expect(await Promise.all([read('b'), read('x')])).toEqual(['listed', 'read by itself'])
  expect(asked).toEqual(['a @r1', LIST, 'x @r1'])
})

test('without leave, nothing is answered from a list', async () => {
  await read('a')
  await read('b')
  expect(await read('c', { listAgeMs: undefined })).toBe('read by itself')
})

test('reads that are far apart are made by themselves', async () => {
  for (let number = 0; number < 5; number++, now += 10_001) expect(await read('a')).toBe('read by itself')
  expect(asked).toHaveLength(5)
})

test.for([
  ['account', { account: 'other' }, show],
  ['region', { region: 'r2' }, show],
  ['kind', {}, showOf('others')],
  ['service', {}, { ...show, service: { ...DCS, name: 'other' } }],
  ['cloud', {}, { ...show, service: { ...DCS, provider: 'tencent' as const } }],
] as const)('a list does not answer for another %s', async ([, context, one]) => {
  await read('a')
  expect(await read('b')).toBe('listed')
  expect(await read('b', context, one)).toBe('read by itself')
})

test.for([
  [5_000, 'as old as allowed', 1],
  [5_001, 'too old', 2],
] as const)('after %i ms a list is %s', async ([ms, , lists]) => {
  await read('a')
  await read('b')
  now += ms
  expect(await read('b')).toBe('listed')
  expect(asked.filter((one) => one.startsWith('list'))).toHaveLength(lists)
})

test('after the clock was set back, a list is not younger than it is', async () => {
  await read('a')
  await read('b')
  now -= 3_600_000
  expect(await read('b')).toBe('read by itself')
})

describe('pages', () => {
  const many = (count: number): string[][] => Array.from({ length: count }, (_, page) => [`p${page}`])
  test.for([
    ['all that the cloud says there are', many(3), 3, 3],
    ['until one is empty, whatever it says', many(2), 99, 3],
    ['ten, however many there are', many(20), 20, 10],
  ] as const)('%s', async ([, all, count, read_]) => {
    pages = all.map((page) => [...page])
    total = count
    await read('p0')
    expect(await read('p1')).toBe('listed')
    expect(asked).toHaveLength(1 + read_)
  })
})

describe('a list that fails', () => {
  const others = async (): Promise<unknown[]> => {
    await read('a')
    return Promise.all(['b', 'c'].map((id) => read(id).catch((error: CloudError) => error.facts.kind)))
  }

  test.for(['throttled', 'unavailable', 'timeout', 'network'] as const)(
    'for the cloud does not answer (%s): no thousand reads follow; a minute later it is tried again',
    async (kind) => {
      listFails = kind
      expect(await others()).toEqual([kind, kind])
      expect(asked).toEqual(['a @r1', LIST])
      listFails = undefined
      expect(await read('b')).toBe('read by itself')
      now += 59_000
      expect([await read('b'), await read('c')]).toEqual(['read by itself', 'read by itself'])
      now += 2_000
      expect(await read('b')).toBe('listed')
    },
  )

  test.for(['denied', 'invalid', 'unsupported', 'not-found', 'unreadable', 'input'] as const)(
    'for there is none (%s): all are read by themselves, for a quarter of an hour',
    async (kind) => {
      listFails = kind
      expect(await others()).toEqual(['read by itself', 'read by itself'])
      now += 14 * 60_000
      expect([await read('b'), await read('c')]).toEqual(['read by itself', 'read by itself'])
      expect(asked.filter((one) => one.startsWith('list'))).toHaveLength(1)
    },
  )
})

test('after the clock was set back, a list that failed is tried again', async () => {
  listFails = 'denied'
  await read('a')
  await read('b')
  now -= 3_600_000
  listFails = undefined
  await read('a')
  expect(await read('b')).toBe('listed')
})

test('who has less time than the list reads by himself', async () => {
  await read('a')
  await read('b')
  expect(await read('c', { deadlineAtMs: now + 4_000 })).toBe('read by itself')
})
