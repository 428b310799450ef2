import { describe, expect, test } from 'vitest'
import { answeredBy, selfInflictedBy } from '../../lib/rules/self-inflicted.ts'
import type { ListFilter, Past, Store } from '../../lib/runs/ports.ts'
import type { Run } from '../../lib/runs/run.ts'
import { createWorld } from '../world/world.ts'

const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const RESOURCE = `huawei/dcs/${INSTANCE}`
const SENT = '2026-01-01T00:00:00.000Z'
const ENDED = '2026-01-01T00:10:00.000Z'

/** A swap that was sent and goes on. */
async function swap(): Promise<Run> {
  const world = createWorld()
  const { id } = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'swap' })
  return { ...world.get(id), state: 'tracking', sentAt: SENT }
}

const past = (id: string, more: Partial<Past> = {}): Past => ({
  ...{ id, operation: 'dcs.instance.swap', state: 'succeeded', sentAt: SENT, endedAt: ENDED, ...more },
})

const alarm = (occurredAt: string) => ({ duringOwnRun: ['dcs.instance.swap'], occurredAt }) as never // the fields that are read

interface Kept {
  holder?: Run
  /** Undefined where another release wrote the lease. */
  history?: Past[] | undefined
  /** Pages of the list of runs. */
  pages?: Run[][]
}

function storeOf(kept: Kept): { store: Store; asked: ListFilter[] } {
  const { holder, pages = [[]] } = kept
  const asked: ListFilter[] = []
  const store = {
    get: async (id: string) => (holder?.id === id ? holder : undefined),
    getLease: async () =>
      'history' in kept ? { ...(holder ? { holder: { runId: holder.id } } : {}), history: kept.history } : undefined,
    list: async (filter: ListFilter) => {
      const page = asked.push(filter)
      return { runs: pages[page - 1] ?? [], ...(page < pages.length ? { cursor: `after ${page}` } : {}) }
    },
  } as unknown as Store // the methods that are called
  return { store, asked }
}

describe('an alarm is self-inflicted', () => {
  test.for([
    ['2025-12-31T23:54:59.999Z', false],
    ['2025-12-31T23:55:00.000Z', true],
    ['2026-01-01T00:20:00.000Z', true],
  ] as const)('at %s, during a run that was sent at midnight: %s', async ([at, isSelfInflicted]) => {
    const holder = await swap()
    const { store, asked } = storeOf({ holder, history: [] })
    expect((await selfInflictedBy({ store }, alarm(at), RESOURCE))?.id).toBe(isSelfInflicted ? holder.id : undefined)
    expect(asked).toEqual([])
  })

  test.for([
    ['2025-12-31T23:54:59.999Z', false],
    ['2026-01-01T00:25:00.000Z', true],
    ['2026-01-01T00:25:00.001Z', false],
  ] as const)(
    'at %s, after a run that was sent at midnight and ended ten minutes later: %s',
    async ([at, isSelfInflicted]) => {
      const { store, asked } = storeOf({ history: [past('one')] })
      expect((await selfInflictedBy({ store }, alarm(at), RESOURCE))?.id).toBe(isSelfInflicted ? 'one' : undefined)
      expect(asked).toEqual([])
    },
  )

  test('by the newest run that may have raised it', async () => {
    const { store } = storeOf({ history: [past('one'), past('two'), past('stop', { operation: 'dcs.instance.stop' })] })
    expect((await selfInflictedBy({ store }, alarm(SENT), RESOURCE))?.id).toBe('two')
  })

  test('by no run whose operation does not raise it', async () => {
    const { store, asked } = storeOf({ history: [past('one', { operation: 'dcs.instance.stop' })] })
    expect(await selfInflictedBy({ store }, alarm(SENT), RESOURCE)).toBeUndefined()
    expect(await selfInflictedBy({ store }, { occurredAt: SENT } as never, RESOURCE)).toBeUndefined()
    expect(asked).toEqual([])
  })
})

describe('an alarm was answered by our own work', () => {
  test.for<[string, string, Partial<Past>, boolean]>([
    ['before it', '2025-12-31T23:59:59.999Z', {}, true],
    ['as it was sent', SENT, {}, true],
    ['five minutes after its end', '2026-01-01T00:15:00.000Z', {}, true],
    ['later', '2026-01-01T00:15:00.001Z', {}, false],
    ['in work that failed', SENT, { state: 'failed' }, false],
    ['in work whose end is unknown', SENT, { state: 'unknown' }, false],
    ['in work that another run followed', SENT, { id: 'before' }, true],
    ['in work that was never sent', SENT, { sentAt: undefined }, false],
  ])('%s: %j', async ([, occurredAt, more, isSo]) => {
    const history = [past('one', more), past('later', { state: 'failed', sentAt: '2026-01-02T00:00:00.000Z' })]
    const { store, asked } = storeOf({ history })
    expect((await answeredBy({ store }, { at: occurredAt, settleMs: 5 * 60_000 }, RESOURCE))?.id).toBe(
      isSo ? (more.id ?? 'one') : undefined,
    )
    expect(asked).toEqual([])
  })
})

describe('the list of runs is searched', () => {
  const full = Array.from({ length: 40 }, (_, index) => past(`p${index}`, { operation: 'dcs.instance.stop' }))
  test.for<[string, Past[] | undefined, number]>([
    ['not where the resource remembers all', full.slice(1), 0],
    ['where it remembers as much as it can', full, 1],
    ['where another release wrote its lease', undefined, 1],
  ])('%s', async ([, history, pages]) => {
    const run = await swap()
    const { store, asked } = storeOf({ history, pages: [[run]] })
    expect((await selfInflictedBy({ store }, alarm(SENT), RESOURCE))?.id).toBe(pages > 0 ? run.id : undefined)
    expect(asked).toHaveLength(pages)
  })

  test('not where nobody ever had the resource', async () => {
    const { store, asked } = storeOf({ pages: [[await swap()]] })
    expect(await selfInflictedBy({ store }, alarm(SENT), RESOURCE)).toBeUndefined()
    expect(asked).toEqual([])
  })

  test('not where the resource itself remembers the run', async () => {
    const { store, asked } = storeOf({ history: [...full, past('one')] })
    expect((await selfInflictedBy({ store }, alarm(SENT), RESOURCE))?.id).toBe('one')
    expect(asked).toEqual([])
  })

  test('page by page, where a page may be empty, of the last 26 hours', async () => {
    const run = await swap()
    const { store, asked } = storeOf({ history: undefined, pages: [[], [], [run], []] })
    expect((await selfInflictedBy({ store }, alarm(SENT), RESOURCE))?.id).toBe(run.id)
    const page = { since: '2025-12-30T22:00:00.000Z', limit: 100 }
    expect(asked).toEqual([
      { ...page, cursor: undefined },
      { ...page, cursor: 'after 1' },
      { ...page, cursor: 'after 2' },
    ])
  })

  test('up to ten pages', async () => {
    const { store, asked } = storeOf({ history: undefined, pages: Array.from({ length: 50 }, () => []) })
    expect(await selfInflictedBy({ store }, alarm(SENT), RESOURCE)).toBeUndefined()
    expect(asked).toHaveLength(10)
  })

  test('for runs of the resource alone', async () => {
    const run = await swap()
    const { store } = storeOf({ history: undefined, pages: [[run]] })
    expect(await selfInflictedBy({ store }, alarm(SENT), RESOURCE.replace('2e', '3e'))).toBeUndefined()
  })
})
