import { expect, test } from 'vitest'
import { echoedRun } from '../../lib/guard/echo.ts'
import type { ListFilter, Store } from '../../lib/runs/ports.ts'
import type { Run } from '../../lib/runs/run.ts'
import { createWorld } from '../world/world.ts'

const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const RESOURCE = `huawei/dcs/${INSTANCE}`
const SENT = '2026-01-01T00:00:00.000Z'

/** A swap that was sent, and goes on. */
async function swap(): Promise<Run> {
  const world = createWorld()
  const { id } = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'swap' })
  return { ...world.get(id), state: 'tracking', sentAt: SENT }
}

const alarm = (occurredAt: string) => ({ echoOf: ['dcs.instance.swap'], occurredAt }) as never // what is read of an alarm

/** @param pages of runs, as they are listed */
function storeOf({ holder, pages }: { holder?: Run; pages: Run[][] }): { store: Store; asked: ListFilter[] } {
  const asked: ListFilter[] = []
  const store = {
    get: async (id: string) => (holder?.id === id ? holder : undefined),
    getLease: async () => holder && { holder: { runId: holder.id } },
    list: async (filter: ListFilter) => {
      const page = asked.push(filter)
      return { runs: pages[page - 1] ?? [], ...(page < pages.length ? { cursor: `after ${page}` } : {}) }
    },
  } as unknown as Store // what an echo asks for
  return { store, asked }
}

test.for([
  ['2025-12-31T23:54:59.999Z', false],
  ['2025-12-31T23:55:00.000Z', true],
  ['2026-01-01T00:20:00.000Z', true],
] as const)('an alarm of %s is the echo of what was sent at midnight and goes on: %s', async ([at, isEcho]) => {
  const run = await swap()
  const { store } = storeOf({ pages: [[run]] })
  expect((await echoedRun({ store }, alarm(at), RESOURCE))?.id).toBe(isEcho ? run.id : undefined)
})

test('the run that has the instance is known before it is listed', async () => {
  const holder = await swap()
  const { store, asked } = storeOf({ holder, pages: [[]] })
  expect(await echoedRun({ store }, alarm(SENT), RESOURCE)).toBe(holder)
  expect(asked).toEqual([])
})

test('a run on a later page is found, where a page may be empty', async () => {
  const run = await swap()
  const { store, asked } = storeOf({ pages: [[], [], [run], []] })
  expect(await echoedRun({ store }, alarm(SENT), RESOURCE)).toBe(run)
  const page = { since: '2025-12-30T22:00:00.000Z', limit: 100 }
  expect(asked).toEqual([
    { ...page, cursor: undefined },
    { ...page, cursor: 'after 1' },
    { ...page, cursor: 'after 2' },
  ])
})

test('so many pages are looked through, and no more', async () => {
  const { store, asked } = storeOf({ pages: Array.from({ length: 50 }, () => []) })
  expect(await echoedRun({ store }, alarm(SENT), RESOURCE)).toBeUndefined()
  expect(asked).toHaveLength(10)
})
