import { beforeEach, describe, expect, test } from 'vitest'
import { type Durations, quantileOf } from '../../../lib/runs/durations/durations.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { noticeSlow } from '../../../lib/runs/track/slow.ts'
import { viewOf } from '../../../lib/runs/view-of.ts'
import { createWorld, type World } from '../../world/world.ts'
import { learnt } from '../durations/series.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const SWAP = 'dcs.instance.swap'

let world: World
let logged: string[]
beforeEach(() => {
  world = createWorld()
  logged = []
  world.ports.log = (level, message) => void logged.push(`${level}: ${message}`)
})

/** As if so many runs had taken five minutes. */
const teach = (runs: number): Durations => {
  let durations = learnt(undefined, { from: 295, until: 300 })
  for (let run = 1; run < runs; run++) durations = learnt(durations, { from: 295, until: 300 })
  world.durations.set(SWAP, durations)
  return durations
}

const timed = (run: Run) => ({ run, durations: world.durations.get(SWAP) })

const fail = (port: string): void => {
  world.hook = (used) => {
    if (used === port) throw new Error('throttled')
  }
}

const trackedFor = async (seconds: number, changes: Partial<Run> = {}): Promise<[Run, nowMs: number]> => {
  const run = await world.accept({ operation: SWAP })
  return [
    { ...run, state: 'tracking', acceptedAt: new Date(world.now()).toISOString(), ...changes },
    world.now() + seconds * SECOND,
  ]
}

describe('a run is slow', () => {
  test.for<[string, runs: number, seconds: number, isSlow: boolean]>([
    ['after five minutes and a half, where twenty took five', 20, 336, true],
    ['not before', 20, 330, false],
    ['not where fewer than twenty have ended', 19, 3_000, false],
    ['not where none has', 0, 3_000, false],
  ])('%s', async ([, runs, seconds, isSlow]) => {
    if (runs > 0) teach(runs)
    const [run, nowMs] = await trackedFor(seconds)
    const slowAt = new Date(nowMs).toISOString()
    expect(await noticeSlow(world.ports, timed(run), nowMs)).toEqual(isSlow ? { slowAt } : {})
    expect(world.slow).toEqual(isSlow ? [{ ...run, slowAt }] : [])
  })

  test('half a minute after 99 of 100 had ended, to the millisecond', async () => {
    const usualMs = (quantileOf(teach(50), 0.99) ?? 0) * SECOND + 30 * SECOND
    const [run, acceptedMs] = await trackedFor(0)
    expect(await noticeSlow(world.ports, timed(run), acceptedMs + Math.floor(usualMs))).toEqual({})
    expect(await noticeSlow(world.ports, timed(run), acceptedMs + Math.ceil(usualMs))).toHaveProperty('slowAt')
  })

  test('not once more: nothing is read or published', async () => {
    teach(20)
    const [run, nowMs] = await trackedFor(3_000, { slowAt: '2026-01-01T00:10:00.000Z' })
    const used: string[] = []
    world.hook = (port) => void used.push(port)
    expect([await noticeSlow(world.ports, timed(run), nowMs), used]).toEqual([{}, []])
  })
})

describe('a run that takes twenty minutes where others took five', () => {
  beforeEach(() => {
    teach(20)
    world.cloud.workMs = () => 20 * MINUTE
  })
  const ended = async (): Promise<Run> => {
    const { id } = await world.accept({ operation: SWAP })
    await world.pass(30 * MINUTE)
    return world.get(id)
  }

  test('is notified of once, while it lives, and ends as ever', async () => {
    const { slowAt, ...run } = await ended()
    expect(world.slow.map(({ id, state }) => [id, state])).toEqual([[run.id, 'tracking']])
    expect(Date.parse(slowAt ?? '') - Date.parse(run.acceptedAt ?? '')).toBeGreaterThan(5.5 * MINUTE)
    expect(Date.parse(slowAt ?? '') - Date.parse(run.acceptedAt ?? '')).toBeLessThan(9 * MINUTE)
    expect([run.state, world.published.length, world.cloud.writes.length]).toEqual(['succeeded', 1, 1])
  })

  test('is shown as slow from then on', async () => {
    const { id } = await ended()
    const shown = (world.history.get(id) ?? []).map((run) => viewOf(run).slow)
    expect([...new Set(shown)]).toEqual([undefined, true])
    expect(shown.filter((slow, index) => shown[index - 1] && !slow)).toEqual([])
    expect(viewOf(world.get(id)).slow).toBe(true)
  })

  test('is notified of at a later poll, where the topic fails; the poll is made all the same', async () => {
    const steps: number[] = []
    let failing = true
    world.ports.publisher.runSlow = async (run) => {
      steps.push(run.step)
      if (failing) throw new Error('throttled')
      world.slow.push(run)
    }
    const { id } = await world.accept({ operation: SWAP })
    await world.pass(12 * MINUTE)
    const tries = steps.length
    expect([tries > 1, new Set(steps).size, world.get(id).slowAt]).toEqual([true, tries, undefined])
    expect(logged.filter((one) => one === 'warn: slow run not notified yet')).toHaveLength(tries)
    failing = false
    await world.pass(18 * MINUTE)
    expect([steps.length, world.slow.length, world.get(id).state]).toEqual([tries + 1, 1, 'succeeded'])
  })

  test('whose durations cannot be read is not notified of, and ends as ever', async () => {
    fail('getDurations')
    const { state, slowAt } = await ended()
    expect([state, slowAt, world.slow]).toEqual(['succeeded', undefined, []])
  })

  test('is notified of once, and the one that joined it is not', async () => {
    await world.accept({ operation: SWAP, idempotencyKey: 'first' })
    const second = await world.accept({ operation: SWAP, idempotencyKey: 'second' })
    await world.pass(30 * MINUTE)
    expect([world.slow.length, world.get(second.id).slowAt, world.get(second.id).state]).toEqual([
      1,
      undefined,
      'succeeded',
    ])
  })
})

test('a run that takes as long as others is not notified of', async () => {
  teach(20)
  world.cloud.workMs = () => 298 * SECOND
  const { id } = await world.accept({ operation: SWAP })
  await world.pass(30 * MINUTE)
  expect([world.get(id).state, world.get(id).slowAt, world.slow]).toEqual(['succeeded', undefined, []])
  expect(viewOf(world.get(id))).not.toHaveProperty('slow')
})
