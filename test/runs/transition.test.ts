import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { Message, QueueName } from '../../lib/runs/messages.ts'
import type { Run } from '../../lib/runs/run.ts'
import { advance, claim, end, note } from '../../lib/runs/transition.ts'
import { createWorld, type World } from '../world/world.ts'

let world: World
let run: Run
let sent: [QueueName, Message, number][]
beforeEach(async () => {
  world = createWorld()
  run = await world.accept({})
  sent = []
  world.ports.queue.send = async (...asked) => void sent.push(asked)
})

const stored = (): Run | undefined => world.runs.get(run.id)
const inMs = (ms: number): string => new Date(world.now() + ms).toISOString()
const OUTCOME = { summary: 'done', providerDone: true }

test('a claim keeps others away for a time, and sends nothing', async () => {
  const claimed = await claim(world.ports, run, { forMs: 35_000, busyAnswers: 2 })
  expect(claimed).toMatchObject({ state: 'queued', busyAnswers: 2, nextAt: inMs(35_000), version: run.version + 1 })
  expect([stored(), sent]).toEqual([claimed, []])
})

test('an advance is written before its message is sent', async () => {
  const order: string[] = []
  const { save } = world.ports.store
  world.ports.store.save = async (next) => {
    order.push('written')
    return save(next)
  }
  world.ports.queue.send = async (...asked) => {
    order.push('sent')
    sent.push(asked)
  }
  const next = await advance(world.ports, run, { afterMs: 20_000, state: 'attached', attachedTo: 'run_x' })
  expect(next).toMatchObject({ state: 'attached', attachedTo: 'run_x', nextAt: inMs(20_000) })
  expect(stored()).toEqual(next)
  expect([order, sent]).toEqual([['written', 'sent'], [['polls', { v: 1, runId: run.id, step: 0 }, 20]]])
})

test.for<[string, () => Promise<unknown>]>([
  ['a claim', () => claim(world.ports, run, { forMs: 1_000 })],
  ['an advance', () => advance(world.ports, run, { afterMs: 1_000 })],
  ['a note', () => note(world.ports, run, { deadLetters: 1 })],
  ['an end', () => end(world.ports, run, { state: 'cancelled', outcome: OUTCOME })],
])('%s that comes second changes nothing, sends nothing and tells nobody', async ([, second]) => {
  await claim(world.ports, run, { forMs: 5_000 })
  const before = stored()
  expect([undefined, false]).toContain(await second())
  expect([stored(), sent, world.published]).toEqual([before, [], []])
})

test('a note leaves the way of the run as it is', async () => {
  const dueAt = inMs(-60_000)
  expect(await note(world.ports, run, { deadLetters: 1, dueAt })).toMatchObject({
    deadLetters: 1,
    dueAt,
    nextAt: run.nextAt,
  })
  expect(sent).toEqual([])
})

test('nothing else writes a run that is stored', () => {
  const root = join(import.meta.dirname, '../..')
  const writers = globSync('lib/{runs,dead-letters,deliveries,sources,rules,api,notify}/**/*.ts', { cwd: root }).filter(
    (file) =>
      // The counts of what is not authentic have a store of their own.
      /\bstore\.save\(|\bchanged\(/.test(readFileSync(join(root, file), 'utf8')),
  )
  expect(writers.sort()).toEqual(['lib/deliveries/unauthentic.ts', 'lib/runs/change.ts', 'lib/runs/transition.ts'])
})
