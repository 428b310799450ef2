import { beforeEach, expect, test } from 'vitest'
import { type Unauthentic, unauthenticCounter } from '../../lib/deliveries/unauthentic.ts'

let nowMs: number
let items: Map<string, Unauthentic>
let writes: number
let lines: object[]
let before: () => void
beforeEach(() => {
  nowMs = Date.parse('2026-01-01T00:00:00Z')
  items = new Map()
  writes = 0
  lines = []
  before = () => {}
})

const counter = () =>
  unauthenticCounter({
    store: {
      get: async (id) => items.get(id),
      save: async (item) => {
        writes++
        before()
        if ((items.get(item.id)?.version ?? 0) !== item.version - 1) return false
        items.set(item.id, item)
        return true
      },
    },
    clock: () => nowMs,
    log: (level, message, fields) => void lines.push({ level, message, ...fields }),
  })
const REFUSED = { source: 'jira', reason: 'header x-hub-signature is missing', from: '203.0.113.7' }

test('the first is counted at once, and each leaves a line', async () => {
  await counter()(REFUSED)
  expect([...items.values()]).toEqual([
    {
      id: 'unauthentic:jira:2026-01-01',
      kind: 'unauthentic',
      source: 'jira',
      day: '2026-01-01',
      count: 1,
      lastAt: '2026-01-01T00:00:00.000Z',
      lastFrom: '203.0.113.7',
      lastReason: 'header x-hub-signature is missing',
      createdAt: '2026-01-01T00:00:00.000Z',
      version: 1,
      expiresAtSeconds: Date.parse('2026-04-01T00:00:00Z') / 1000,
    },
  ])
  expect(lines).toEqual([{ level: 'warn', message: 'webhook not authentic', ...REFUSED }])
})

test('a flood of an hour is a write in ten seconds, one item, and all but the last seconds counted', async () => {
  const note = counter()
  for (let n = 0; n < 36_000; n++) {
    await note({ ...REFUSED, from: `203.0.113.${n % 256}` })
    nowMs += 100
  }
  expect([items.size, writes]).toEqual([1, 360])
  expect([...items.values()][0]?.count).toBe(36_000 - 99)
})

test('each source and day has an item of its own', async () => {
  const note = counter()
  await note(REFUSED)
  await note({ ...REFUSED, source: 'github' })
  nowMs += 86_400_000
  await note(REFUSED)
  expect([...items.keys()]).toEqual([
    'unauthentic:jira:2026-01-01',
    'unauthentic:github:2026-01-01',
    'unauthentic:jira:2026-01-02',
  ])
})

test('what another instance of the function has counted stays', async () => {
  const [a, b] = [counter(), counter()]
  await a(REFUSED)
  await b(REFUSED)
  expect([...items.values()][0]?.count).toBe(2)
})

test.for([
  [
    'another was faster',
    (): void => void items.set('unauthentic:jira:2026-01-01', { version: 7, count: 7 } as Unauthentic),
  ],
  [
    'the table is out of reach',
    (): void => {
      throw new Error('throttled')
    },
  ],
] as const)('where %s, what was counted goes with the next one, and nobody fails', async ([, meanwhile]) => {
  const note = counter()
  before = meanwhile
  await note(REFUSED)
  before = () => {}
  nowMs += 10_000
  const had = items.get('unauthentic:jira:2026-01-01')?.count ?? 0
  await note(REFUSED)
  expect(items.get('unauthentic:jira:2026-01-01')?.count).toBe(had + 2)
})
