import { beforeEach, describe, expect, test } from 'vitest'
import { keepDeadLetter } from '../../lib/dead-letters/keep.ts'
import type { Sender } from '../../lib/runs/dead-letter.ts'
import { createWorld, type World } from '../world/world.ts'

let world: World
beforeEach(() => {
  world = createWorld()
})

const givenUp = (body: string, from: Sender = 'polls') => ({ messageId: 'm1', from, queue: 'PollsDeadLetters', body })
const AT = '2026-01-01T00:00:12.000Z'
const INSTANCES = ['1', '2'].map((digit) => `${digit.repeat(8)}-fbb0-47ad-b6cb-fb87f5bed4ef`)

/** Ids that are asked for. */
function countReads(): string[] {
  const asked: string[] = []
  world.ports.store.get = async (id) => void asked.push(id)
  return asked
}

test('a message that was given up is kept, its run notes it and goes on by the sweeper, and people are notified', async () => {
  const { id } = await world.accept({})
  await world.pass(12_000)
  world.letters = []
  await keepDeadLetter(world.ports, givenUp(JSON.stringify({ v: 1, runId: id, step: 1 })))
  const kept = { ...givenUp(`{"v":1,"runId":"${id}","step":1}`), runId: id, at: AT }
  expect(world.get(id)).toMatchObject({ state: 'tracking', deadLetters: 1 })
  expect([world.kept.get('m1'), world.deadLetters]).toEqual([kept, [kept]])
  await world.pass(5 * 60_000)
  expect(world.get(id).state).toBe('succeeded')
  expect(world.cloud.writes).toHaveLength(1)
})

test('the next step of its run stays planned for when it was', async () => {
  const { id } = await world.accept({})
  await world.pass(12_000)
  const { nextAt, dueAt } = world.get(id)
  expect(Date.parse(nextAt)).toBeGreaterThan(world.now())
  await keepDeadLetter(world.ports, givenUp(JSON.stringify({ v: 7, runId: id })))
  expect(world.get(id)).toMatchObject({ deadLetters: 1, nextAt, dueAt })
})

test('each run of a message that names many notes it, also one that waits for another', async () => {
  const [one, two] = await world.acceptMany(INSTANCES)
  const attached = await world.accept({ target: { instanceId: INSTANCES[0] }, idempotencyKey: 'again' })
  await world.pass(12_000)
  const runIds = [one, two, attached].map((run) => run?.id ?? '')
  await keepDeadLetter(world.ports, givenUp(JSON.stringify({ v: 2, runIds }), 'submissions'))
  expect(runIds.map((id) => world.get(id))).toMatchObject([
    { deadLetters: 1 },
    { deadLetters: 1 },
    { state: 'attached', deadLetters: 1 },
  ])
  expect(world.kept.get('m1')).toMatchObject({ runIds })
})

test('of runs that a message names, fifty are read, each once', async () => {
  const asked = countReads()
  const runIds = Array.from({ length: 60 }, (_, index) => `run_${String(index).padStart(32, '0')}`)
  await keepDeadLetter(
    world.ports,
    givenUp(JSON.stringify({ v: 9, runId: runIds[0], runIds: [...runIds.slice(0, 9), ...runIds] })),
  )
  expect(asked).toEqual(runIds.slice(0, 50))
})

test.for(['', '{', '[]', 'null', '{"v":2}', '{"v":1,"runId":7}', '{"runIds":"all"}', '{"v":1,"runId":"run_unknown"}'])(
  'a message %j that names no run is kept and notified all the same',
  async (body) => {
    await keepDeadLetter(world.ports, givenUp(body))
    expect(world.deadLetters).toEqual([{ ...givenUp(body), at: '2026-01-01T00:00:00.000Z' }])
    expect(world.kept.get('m1')).toEqual(world.deadLetters[0])
    expect(world.runs.size).toBe(0)
  },
)

test.for(['lease:huawei/dcs/x', '', 'x'.repeat(5_000)])('a runId %j that is none is not read', async (runId) => {
  const asked = countReads()
  await keepDeadLetter(world.ports, givenUp(JSON.stringify({ runId, runIds: [runId] })))
  expect([asked, world.deadLetters.map((deadLetters) => deadLetters.runId)]).toEqual([[], [undefined]])
})

test.for([
  ['has ended', 'succeeded', 5 * 60_000],
  ['is being sent', 'submitting', 1_000],
] as const)('a run that %s is not touched', async ([, state, ms]) => {
  const { id } = await world.accept({})
  const { call } = world.ports
  const unanswered = new Promise<never>(() => {})
  world.ports.call = async (operation, input, place) =>
    operation.effect === 'once' && state === 'submitting' ? unanswered : call(operation, input, place)
  await world.pass(ms)
  const before = world.get(id)
  expect(before.state).toBe(state)
  await keepDeadLetter(world.ports, givenUp(JSON.stringify({ v: 1, runId: id })))
  expect(world.get(id)).toEqual(before)
})

describe('what fails', () => {
  const failing = async (): Promise<never> => {
    throw new Error('no table')
  }

  test('keeping it: it comes back, and nobody is notified of it', async () => {
    world.ports.store.createDeadLetter = failing
    await expect(keepDeadLetter(world.ports, givenUp('{'))).rejects.toThrow('no table')
    expect(world.deadLetters).toEqual([])
  })

  test('noting it on its run: people are notified all the same', async () => {
    const { id } = await world.accept({})
    world.ports.store.get = failing
    await keepDeadLetter(world.ports, givenUp(JSON.stringify({ runId: id })))
    expect(world.deadLetters).toMatchObject([{ messageId: 'm1', runId: id }])
  })

  test('notifying people: it comes back, is kept once, and is notified as it was first', async () => {
    const tell = world.ports.publisher.messageDeadLettered
    world.ports.publisher.messageDeadLettered = failing
    await expect(keepDeadLetter(world.ports, givenUp('{'))).rejects.toThrow('no table')
    const first = world.kept.get('m1')
    world.ports.publisher.messageDeadLettered = tell
    await world.pass(180_000)
    await keepDeadLetter(world.ports, givenUp('{'))
    expect([world.kept.get('m1'), world.deadLetters]).toEqual([first, [first]])
  })
})

describe('an alarm', () => {
  const event = JSON.stringify({
    source: 'aws.cloudwatch',
    runId: `run_${'0'.repeat(32)}`,
    detail: { requestPayload: {} },
  })
  const record = (requestPayload: unknown): string =>
    JSON.stringify({ version: '1.0', requestContext: { condition: 'RetriesExhausted' }, requestPayload })

  test.for([
    ['that EventBridge could not hand over', event, event],
    ['that the function failed on', record(JSON.parse(event)), event],
    ['of which Lambda kept no event', record(null), record(null)],
    ['that cannot be read', '{', '{'],
  ] as const)('%s is kept as its event, and names no run', async ([, body, kept]) => {
    const asked = countReads()
    await keepDeadLetter(world.ports, givenUp(body, 'alarms'))
    expect([world.kept.get('m1')?.body, asked]).toEqual([kept, []])
  })

  test('is what it is by its queue: the same in another is no record of Lambda', async () => {
    await keepDeadLetter(world.ports, givenUp(record({}), 'submissions'))
    expect(world.kept.get('m1')?.body).toBe(record({}))
  })
})

test.for([
  ['whole up to 350,000 bytes', 'é'.repeat(175_000), 'é'.repeat(175_000), undefined],
  [
    'in part beyond that, without half a character at the end',
    `x${'é'.repeat(175_000)}`,
    `x${'é'.repeat(174_999)}`,
    350_001,
  ],
] as const)('a huge message is kept %s', async ([, body, kept, cutFromBytes]) => {
  await keepDeadLetter(world.ports, givenUp(body))
  expect(world.kept.get('m1')?.body === kept).toBe(true)
  expect(world.kept.get('m1')?.cutFromBytes).toBe(cutFromBytes)
})
