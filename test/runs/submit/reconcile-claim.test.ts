import { expect, test } from 'vitest'
import { reconcile } from '../../../lib/runs/submit/reconcile.ts'
import { createWorld } from '../../world/world.ts'

test('of five who search for one call at once, one asks the cloud', async () => {
  const world = createWorld()
  // The change that is sent has begun, and its answer is lost.
  world.cloud.fault = (operation) =>
    operation === 'dcs.instance.swap' ? { kind: 'timeout', change: 'unknown', took: true } : undefined
  const { id } = await world.accept({ operation: 'dcs.instance.swap' })
  await world.pass(1_000)
  const run = world.get(id)
  expect(run.state).toBe('submitting')
  const shown = (): number => world.cloud.calls.get('dcs.instance.show') ?? 0
  const before = shown()
  await Promise.all(Array.from({ length: 5 }, () => reconcile(world.ports, run, world.now() + 60_000)))
  expect(shown() - before).toBe(1)
  expect(world.get(id).state).toBe('tracking')
})
