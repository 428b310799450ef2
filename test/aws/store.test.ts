import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { CreateTableCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import dynalite from 'dynalite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { documents, dynamoStore } from '../../lib/aws/store.ts'
import { changed } from '../../lib/runs/change.ts'
import type { DeadLetter } from '../../lib/runs/dead-letter.ts'
import type { Lease, Store } from '../../lib/runs/ports.ts'
import type { Received, Result } from '../../lib/runs/received.ts'
import type { Run } from '../../lib/runs/run.ts'
import { readTemplate } from '../../lib/standalone/template/template.ts'
import { createWorld } from '../world/world.ts'

const template = readTemplate(`${import.meta.dirname}/../../.serverless/cloudformation-template-update-stack.json`)
const NOW = Date.parse('2026-01-01T00:00:00Z')

let server: Server
let client: DynamoDBClient
let store: Store
let table = ''
let tables = 0

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

beforeAll(async () => {
  server = dynalite({ createTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo // listening on TCP
  client = new DynamoDBClient({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials: CREDENTIALS })
})

afterAll(() => {
  client.destroy()
  server.close()
})

beforeEach(async () => {
  table = `runs-${tables++}`
  // The table as it would be deployed.
  const input = { ...template.tables[0]?.create, TableName: table }
  await client.send(new CreateTableCommand(input as never)) // checked by the template's reader
  store = dynamoStore(table, documents(client))
})

/** The same table over a line on which the first answer to every write is lost: it took effect, and nobody heard. */
async function behindLossyLine(): Promise<{ store: Store; lost: () => number; close: () => void }> {
  const { port } = server.address() as AddressInfo // listening on TCP
  const seen = new Set<string>()
  const line = createServer(async (incoming, outgoing) => {
    const body = await text(incoming)
    const headers = incoming.headers as Record<string, string> // each is sent once by the SDK
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body, headers: forwarded(headers) })
    const answered = await answer.text()
    const isWrite = headers['x-amz-target']?.endsWith('PutItem')
    if (isWrite && !seen.has(body)) {
      seen.add(body)
      incoming.socket.destroy()
      return
    }
    outgoing.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(answered)
  })
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(line.address() as AddressInfo).port}` // listening on TCP
  const lossy = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS })
  const close = (): void => {
    lossy.destroy()
    line.close()
  }
  return { store: dynamoStore(table, documents(lossy)), lost: () => seen.size, close }
}

/** Without what belongs to the connection, and not to the message. */
function forwarded({
  host,
  connection,
  'content-length': length,
  ...headers
}: Record<string, string>): Record<string, string> {
  return headers
}

async function newRun(key: string, at = NOW): Promise<Run> {
  const run = await createWorld().accept({ idempotencyKey: key })
  return { ...run, createdAt: new Date(at).toISOString(), dueAt: new Date(at + 30_000).toISOString() }
}

const at = (ms: number): string => new Date(NOW + ms).toISOString()

/** Without what the store writes beside a record; of a run, its id and kind are its own. */
function plain(item: unknown): unknown {
  const { writeId, ...run } = item as Record<string, unknown> // a record
  if (run.kind === 'run') return run
  const { id, kind, createdAt, expiresAtSeconds, ...record } = run
  return record
}

test('a run is stored once, and read back as it is', async () => {
  const run = await newRun('a')
  expect(await store.create(run)).toBeUndefined()
  expect(plain(await store.create({ ...run, operation: 'another' }))).toEqual(run)
  expect(plain(await store.get(run.id))).toEqual(run)
  expect(await store.get('run_none')).toBeUndefined()
})

test('of two changes to the same version one wins', async () => {
  const run = await newRun('a')
  await store.create(run)
  const changes = [changed(run, 'submitting', {}, NOW), changed(run, 'failed', {}, NOW)]
  const won = await Promise.all(changes.map((change) => store.save(change)))
  expect(won.filter(Boolean)).toHaveLength(1)
  expect(plain(await store.get(run.id))).toEqual(changes[won.indexOf(true)])
  expect(await store.save(changed(run, 'submitting', {}, NOW))).toBe(false)
})

test('a write whose answer was lost is known as our own when it is sent again', async () => {
  const run = await newRun('a')
  const intent = changed(run, 'submitting', {}, NOW)
  const losing = await behindLossyLine()
  try {
    expect(await losing.store.create(run)).toBeUndefined()
    expect(await losing.store.save(intent)).toBe(true)
    expect(losing.lost()).toBe(2)
  } finally {
    losing.close()
  }
  // The very same content from another writer is not ours.
  expect(await store.save(intent)).toBe(false)
})

test('a run that was deleted is not brought back by a late change', async () => {
  expect(await store.save(changed(await newRun('a'), 'submitting', {}, NOW))).toBe(false)
})

test('due runs are found, most overdue first, until nothing is left to do', async () => {
  const [late, later, not] = [await newRun('a', NOW), await newRun('b', NOW + 1_000), await newRun('c', NOW + 90_000)]
  for (const run of [later, not, late]) await store.create(run)
  const due = { now: at(60_000), limit: 10 }
  expect(await store.due(due)).toEqual({ ids: [late.id, later.id] })
  const { ids, cursor } = await store.due({ ...due, limit: 1 })
  expect([ids, await store.due({ ...due, cursor })]).toEqual([[late.id], { ids: [later.id] }])
  const ended = changed(late, 'failed', { notifiedAt: at(0) }, NOW)
  await store.save(ended)
  expect(await store.due(due)).toEqual({ ids: [later.id] })
})

test('pages of what is due are whole, though a page is written anew before the next is read', async () => {
  const ids: string[] = []
  for (let index = 0; index < 7; index++) {
    const run = await newRun(`k${index}`, NOW + index * 1000)
    await store.create(run)
    ids.push(run.id)
  }
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.due({ now: at(60_000), limit: 3, cursor })
    for (const id of page.ids) {
      const run = await store.get(id)
      if (run) await store.save(changed(run, run.state, { rearms: 1 }, NOW + 60_000))
    }
    seen.push(...page.ids)
    cursor = page.cursor
  } while (cursor)
  expect(seen).toEqual(ids)
})

describe('no text of a record stands in an expression', () => {
  const ODD = ') OR attribute_exists(id) OR (id = :before'
  const letter: DeadLetter = { messageId: ODD, from: 'polls', queue: ODD, body: ODD, at: at(0) }
  const lease = (version: number): Lease => ({ resource: ODD, until: at(0), waiting: [ODD], version })
  const received = { id: ODD, kind: 'delivery', source: ODD, results: [] } as unknown as Received // as much as is read

  test.for<[string, (store: Store, run: Run) => Promise<unknown>, string]>([
    ['a run that is created', (to, run) => to.create(run), 'attribute_not_exists(id)'],
    ['a run that changes', (to, run) => to.save(run), 'version = :before'],
    ['what is due', (to) => to.due({ now: ODD, limit: 1 }), 'due = :due AND dueAt <= :now'],
    ['a lease that is taken first', (to) => to.saveLease(lease(1)), 'attribute_not_exists(version)'],
    ['a lease that changes', (to) => to.saveLease(lease(2)), 'version = :before'],
    ['a letter that is kept', (to) => to.keepLetter(letter), 'attribute_not_exists(id)'],
    ['a letter that changes', (to) => to.saveLetter(letter), 'attribute_exists(id)'],
    ['a delivery', (to) => to.keepReceived(received), 'attribute_not_exists(hasRuns)'],
  ])('%s', async ([, act, expected]) => {
    const expressions: unknown[] = []
    const send = async ({ input }: { input: Record<string, unknown> }) => {
      expressions.push(...Object.entries(input).flatMap(([name, text]) => (/Expression$/.test(name) ? [text] : [])))
      return {}
    }
    const run = await newRun('a')
    await act(dynamoStore('t', { send } as never), { ...run, id: ODD, operation: ODD }) // the commands that are used
    expect(expressions).toEqual([expected])
  })
})

describe('what another release added', () => {
  const added = { added: { deep: [1] } }

  test('to a run, or a part of it, is written again', async () => {
    const run = await newRun('a')
    const past = { ...run.progress, ...added }
    const newer = { ...run, ...added, source: { ...run.source, ...added }, progress: past, job: { id: 'j', ...added } }
    await store.create(newer as Run)
    const read = await store.get(run.id)
    expect(plain(read)).toEqual(newer)
    if (read) expect(await store.save(changed(read, 'submitting', {}, NOW))).toBe(true)
    expect(await store.get(run.id)).toMatchObject({
      ...added,
      state: 'submitting',
      source: added,
      progress: added,
      job: added,
    })
  })

  test('to the outcome of a run is written again', async () => {
    const run = await newRun('a')
    await store.create(run)
    const error = { kind: 'busy', message: 'x', ...added }
    const holder = { runId: 'r', operation: 'o', since: at(0), ...added }
    const outcome = { summary: 'x', providerDone: true, error, holder, ...added }
    await store.save(changed(run, 'failed', { outcome }, NOW))
    const ended = await store.get(run.id)
    if (ended) await store.save(changed(ended, 'failed', { notifiedAt: at(1) }, NOW))
    expect(await store.get(run.id)).toMatchObject({ version: 3, outcome })
  })

  test('to a lease, or a part of it, is written again', async () => {
    const resource = 'huawei/dcs/a'
    const holder = { runId: 'r', operation: 'o', since: at(0), ...added }
    const rest = { since: at(0), seenAt: at(1), looks: 2, ...added }
    const history = [{ id: 'p', operation: 'o', state: 'succeeded', sentAt: at(0), endedAt: at(1), ...added }]
    const lease = { resource, holder, until: at(0), rest, waiting: [], history, version: 1, ...added }
    await store.saveLease(lease as Lease)
    const read = await store.getLease(resource)
    expect(plain(read)).toEqual(lease)
    if (read) expect(await store.saveLease({ ...read, version: 2 })).toBe(true)
    expect(plain(await store.getLease(resource))).toEqual({ ...lease, version: 2 })
  })

  test('to a dead letter is written again', async () => {
    const letter = { messageId: 'm1', from: 'polls' as const, queue: 'q', body: '{}', at: at(0), ...added }
    await store.keepLetter(letter)
    const read = await store.getLetter('m1')
    if (read) expect(await store.saveLetter({ ...read, sentBackAt: at(1) })).toBe(true)
    expect(plain(await store.getLetter('m1'))).toEqual({ ...letter, sentBackAt: at(1) })
  })
})

test('one record that cannot be read hides no other from the list', async () => {
  const [good, bad] = [await newRun('a'), await newRun('b')]
  await store.create(good)
  await store.create({ ...bad, state: 'of another release' } as never) // no state of ours
  expect((await store.list({ limit: 10 })).runs.map(({ id }) => id)).toEqual([good.id])
})

describe('the list', () => {
  test('is newest first, by pages, by state', async () => {
    const runs: Run[] = []
    for (let index = 0; index < 5; index++) {
      const run = await newRun(`k${index}`, NOW + index * 1000)
      await store.create(run)
      if (index % 2) await store.save(changed(run, 'failed', {}, NOW))
      runs.unshift(run)
    }
    const first = await store.list({ limit: 2 })
    const second = await store.list({ limit: 10, cursor: first.cursor })
    expect([...first.runs, ...second.runs].map(({ id }) => id)).toEqual(runs.map(({ id }) => id))
    expect(second.cursor).toBeUndefined()
    const failed = await store.list({ limit: 1, state: ['failed'] })
    const rest = await store.list({ limit: 5, state: ['failed'], cursor: failed.cursor })
    expect([...failed.runs, ...rest.runs].map(({ id }) => id)).toEqual([runs[1]?.id, runs[3]?.id])
  })

  test.for(['', 'x', Buffer.from('{}').toString('base64url'), Buffer.from('{"id":"lease:x"}').toString('base64url')])(
    'refuses the cursor %j',
    async (cursor) => {
      const listing = store.list({ limit: 1, cursor })
      if (cursor === '') expect(await listing).toEqual({ runs: [] })
      else await expect(listing).rejects.toMatchObject({ name: 'RequestError', issues: [{ field: 'cursor' }] })
    },
  )
})

describe('a lease', () => {
  const lease = (runId: string, version: number): Lease => ({
    resource: 'huawei/dcs/2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef',
    holder: { runId, operation: 'dcs.instance.restart', since: at(0) },
    until: at(60_000),
    waiting: ['run_b', 'run_a'],
    version,
  })
  const { resource } = lease('', 0)

  test('that nobody ever asked for is not there', async () => {
    expect(await store.getLease(resource)).toBeUndefined()
  })

  test('reads as it was written', async () => {
    const past = { id: 'run_c', operation: 'x', state: 'succeeded', sentAt: at(0), endedAt: at(1) } as const
    const written = { ...lease('one', 1), rest: { since: at(5), seenAt: at(6), looks: 3 }, history: [past] }
    await store.saveLease(written)
    expect(plain(await store.getLease(resource))).toEqual(written)
    await store.saveLease({ resource, until: at(0), waiting: [], version: 2 })
    expect(plain(await store.getLease(resource))).toEqual({ resource, until: at(0), waiting: [], version: 2 })
  })

  test('of release 0.4.0 that was seen at rest has one look', async () => {
    const rest = { since: at(5), seenAt: at(6) }
    await store.saveLease({ ...lease('one', 1), rest } as Lease)
    expect((await store.getLease(resource))?.rest).toEqual({ ...rest, looks: 1 })
  })

  test('is first taken by one of many', async () => {
    const saved = await Promise.all(['one', 'two', 'three'].map((id) => store.saveLease(lease(id, 1))))
    expect(saved.filter(Boolean)).toHaveLength(1)
  })

  test('changes from version to version, each by one of many', async () => {
    await store.saveLease(lease('one', 1))
    const saved = await Promise.all(['two', 'three'].map((id) => store.saveLease(lease(id, 2))))
    expect(saved.filter(Boolean)).toHaveLength(1)
    expect(await store.saveLease(lease('four', 2))).toBe(false)
    expect(await store.saveLease(lease('four', 4))).toBe(false)
    expect((await store.getLease(resource))?.version).toBe(2)
  })

  test('of release 0.2.0 is read, and changed', async () => {
    const old = { resource, runId: 'one', operation: 'x', acquiredAt: at(0), expiresAt: at(60_000) }
    await documents(client).send(
      new PutCommand({ TableName: table, Item: { id: `lease:${resource}`, kind: 'lease', ...old } }),
    )
    const read = {
      resource,
      holder: { runId: 'one', operation: 'x', since: at(0) },
      until: at(60_000),
      waiting: [],
      version: 0,
    }
    expect(await store.getLease(resource)).toEqual(read)
    expect(await store.saveLease(lease('two', 1))).toBe(true)
    expect(plain(await store.getLease(resource))).toEqual(lease('two', 1))
  })

  test('is no run: neither listed nor read as one', async () => {
    await store.saveLease(lease('one', 1))
    expect(await store.list({ limit: 10 })).toEqual({ runs: [] })
    expect(await store.due({ now: at(1e9), limit: 10 })).toEqual({ ids: [] })
  })
})

describe('a dead letter', () => {
  const letter: DeadLetter = { messageId: 'm1', from: 'polls', queue: 'PollsDeadLetters', body: '{"v":9}', at: at(0) }

  test('that nobody kept is not there', async () => {
    expect(await store.getLetter('m1')).toBeUndefined()
    expect(await store.saveLetter(letter)).toBe(false)
  })

  test('is kept once, by one of many, and reads as it was written', async () => {
    const repeats = [1, 2, 3].map((ms) => store.keepLetter({ ...letter, at: at(ms) }))
    const known = await Promise.all(repeats)
    expect(known.filter((one) => one === undefined)).toHaveLength(1)
    const kept = await store.getLetter('m1')
    expect(plain(kept)).toEqual({ ...letter, at: at(known.indexOf(undefined) + 1) })
    expect(await store.keepLetter(letter)).toEqual(kept)
  })

  test('is marked when it was sent back', async () => {
    await store.keepLetter(letter)
    expect(await store.saveLetter({ ...letter, sentBackAt: at(5) })).toBe(true)
    expect(plain(await store.getLetter('m1'))).toEqual({ ...letter, sentBackAt: at(5) })
  })

  test('is deleted after 90 days', async () => {
    await store.keepLetter(letter)
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: { id: { S: 'letter:m1' } } }))
    expect([Item?.expiresAtSeconds, Item?.kind]).toEqual([{ N: String(NOW / 1000 + 90 * 86_400) }, { S: 'letter' }])
  })

  test('fits into an item with all that it may have', async () => {
    const runIds = Array.from({ length: 50 }, (_, index) => `run_${String(index).padStart(32, '0')}`)
    const large = { ...letter, runIds, body: 'x'.repeat(350_000), cutFromBytes: 1_048_576, sentBackAt: at(5) }
    await store.keepLetter(large)
    expect(plain(await store.getLetter('m1'))).toEqual(large)
  })

  test('is no run: neither listed nor due', async () => {
    await store.keepLetter(letter)
    expect(await store.list({ limit: 10 })).toEqual({ runs: [] })
    expect(await store.due({ now: at(1e9), limit: 10 })).toEqual({ ids: [] })
  })
})

describe('the record of a delivery', () => {
  const record = (results: Result[]): Received => ({
    id: 'dlv_1',
    kind: 'delivery',
    source: 'github',
    createdAt: at(0),
    results,
    raw: '{}',
    expiresAtSeconds: 1,
  })
  const started = record([{ about: 'OPS-1', runs: ['r1'] }])
  const joined = record([{ about: 'OPS-1', runs: ['r2'] }])
  const ignored = record([{ about: 'OPS-1', ignored: 'older than a day' }])
  const refused = record([{ about: 'OPS-1', refused: 'it cannot be read' }])

  test.for<[string, Received, Received, Received]>([
    ['that names no runs is replaced by one that does', ignored, started, started],
    ['that names no runs is replaced by one that names none', ignored, refused, refused],
    ['that names runs is replaced by one that does', started, joined, joined],
    ['that names runs is not replaced by one that names none', started, ignored, started],
  ])('%s', async ([, first, second, expected]) => {
    await store.keepReceived(first)
    await store.keepReceived(second)
    expect(await store.getReceived('dlv_1')).toEqual(expected)
  })
})
