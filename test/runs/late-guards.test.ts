import { beforeEach, expect, test } from 'vitest'
import { conclude } from '../../lib/runs/track/conclude.ts'
import type { Probe } from '../../lib/services/tracking.ts'
import { createWorld, type World } from '../world/world.ts'

const MINUTE = 60_000

let world: World
beforeEach(() => {
  world = createWorld()
})

test.for(['noteSweep', 'lastSweep'] as const)('a sweep goes on where %s fails: ends are notified', async (name) => {
  let down = true
  world.hook = (port) => {
    if (port === 'publish' && down) throw new Error('topic is down')
  }
  world.ports.store[name] = async () => {
    throw new Error('table is down')
  }
  const { id } = await world.accept({})
  await world.pass(5 * MINUTE)
  expect([world.get(id).state, world.published.length]).toEqual(['succeeded', 0])
  down = false
  await world.pass(10 * MINUTE)
  expect(world.published.map((run) => run.id)).toEqual([id])
})

test('what cannot be observed succeeds when a failure would be one, and says what was not observed', async () => {
  const { id } = await world.accept({})
  const probe: Probe<unknown> = {
    ...{ name: 'processes', values: {}, consecutive: 1 },
    observe: () => Promise.reject(new Error('not read')),
  }
  const seen = {
    verdict: 'pending',
    observed: 'UP',
    listed: true,
    undecidable: true,
    proof: 'all are up',
    detail: 'why',
  } as const
  let run = { ...world.get(id), state: 'verifying' as const }
  const done: boolean[] = []
  for (let minute = 0; minute <= 5; minute++) {
    const { changes, done: isDone, note } = conclude({ run, probe, nowMs: world.now() + minute * MINUTE }, seen)
    run = { ...run, ...changes }
    done.push(isDone)
    if (isDone) expect([run.proofs, note]).toEqual([['all are up'], 'why'])
  }
  expect(done).toEqual([false, false, false, false, false, true])
})

test('an instance whose nodes cannot be listed is restarted all the same', async () => {
  world.cloud.fault = (operation) =>
    operation === 'dcs.node.list' ? { kind: 'unavailable', change: 'none' } : undefined
  await world.accept({})
  await world.pass(1_000)
  expect(world.cloud.writes).toHaveLength(1)
})
