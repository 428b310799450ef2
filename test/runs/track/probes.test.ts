import { beforeEach, describe, expect, test } from 'vitest'
import type { Run } from '../../../lib/runs/run.ts'
import { poll } from '../../../lib/runs/track/poll.ts'
import { createWorld, type World } from '../../world/world.ts'

/** When a probe is made, how long it may take, and which moment it shows. */

const SECOND = 1_000
const MINUTE = 60_000
let world: World
/** When the instance was observed, and how long each probe was given. */
let probes: { atMs: number; givenMs: number }[]

beforeEach(() => {
  world = createWorld()
  world.cloud.workMs = () => 1_000 * MINUTE
  probes = []
  const { call } = world.ports
  world.ports.call = async (operation, input, place) => {
    if (operation.name === 'dcs.instance.show')
      probes.push({ atMs: world.now(), givenMs: place.deadlineAtMs - world.now() })
    return call(operation, input, place)
  }
})

/** A run at work whose deadline was so long ago, and whose next probe is due. */
async function late(ms: number): Promise<Run> {
  const { id } = await world.accept({})
  await world.pass(10 * SECOND)
  world.sweeps = false
  world.letters = []
  const deadlineAt = new Date(world.now() - ms).toISOString()
  const run = { ...world.get(id), deadlineAt, nextAt: new Date(world.now()).toISOString() }
  expect(run.state).toBe('tracking')
  world.runs.set(id, run)
  probes = []
  return run
}

/** One probe, whose answer takes so long. */
async function probeOnce({ id, step }: Run, answerMs: number): Promise<void> {
  const { call } = world.ports
  world.ports.call = async (operation, input, place) => {
    const output = await call(operation, input, place)
    await world.until(world.now() + answerMs)
    return output
  }
  const polled = poll(world.ports, { v: 1, runId: id, step }, world.now() + 17 * SECOND)
  await world.pass(answerMs)
  await polled
}

describe('a probe that takes eight seconds', () => {
  test.for([
    ['a second before the last probe is due', 119, 'tracking'],
    ['when the last probe is due', 120, 'timed-out'],
  ] as const)('tells of when it began: %s', async ([, lateSeconds, state]) => {
    const run = await late(lateSeconds * SECOND)
    await probeOnce(run, 8 * SECOND)
    expect(world.get(run.id).state).toBe(state)
  })
})

test('each probe has ten seconds, though the invocation has more', async () => {
  const run = await late(0)
  await probeOnce(run, 0)
  expect(probes.map(({ givenMs }) => givenMs)).toEqual([10 * SECOND])
})

test.for([0, 0.25, 0.5, 0.75, 0.999])(
  'one probe is at the deadline, and one two minutes later: chance %f',
  async (chance) => {
    world.ports.random = () => chance
    const { id, deadlineAt } = await world.accept({})
    await world.pass(45 * MINUTE)
    const afterSeconds = probes.map(({ atMs }) => (atMs - Date.parse(deadlineAt)) / SECOND)
    expect(afterSeconds.filter((seconds) => seconds >= 0 && seconds < 1)).toHaveLength(1)
    expect(afterSeconds.at(-1)).toBe(120)
    expect(world.get(id).state).toBe('timed-out')
  },
)
