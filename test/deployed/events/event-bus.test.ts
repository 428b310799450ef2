import { expect, test } from 'vitest'
import { BusEvent, eventBus, startSchedules } from './event-bus.ts'

test('a schedule runs at once, at its rate by the clock, and no more when stopped', async () => {
  const runs: unknown[] = []
  const start = async (...run: unknown[]) => ({ result: runs.push(run) })
  const stop = startSchedules([{ id: 'Tick', function: 'F', input: '{"a":1}', everyMs: 60_000 }], start, 1_200)
  expect(runs).toEqual([['F', { a: 1 }]])
  await expect.poll(() => runs.length).toBeGreaterThan(2)
  stop()
  const { length } = runs
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(runs.length).toBe(length)
})

test('an event starts the target of every rule that matches', async () => {
  const started: string[] = []
  const rule = (id: string, source: string) => ({ id, function: id, input: undefined, pattern: { source: [source] } })
  const start = async (id: string) => (started.push(id) === 1 ? { result: id } : (false as const))
  const bus = eventBus([rule('A', 's'), rule('B', 'other'), rule('C', 's')], start)
  const tries = bus.put(BusEvent.parse({ source: 's', 'detail-type': 't', detail: {} }))
  expect(started).toEqual(['A', 'C'])
  expect(await Promise.all(tries)).toEqual([{ result: 'A' }, false])
})
