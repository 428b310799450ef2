import { beforeEach, describe, expect, test } from 'vitest'
import { cancel } from '../../../lib/runs/cancel.ts'
import { createWorld, type World } from '../../world/world.ts'

const MINUTE = 60_000
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const RESTART = { operation: 'dcs.instance.restart' }
const FLUSH = { operation: 'dcs.instance.flush' }

let world: World
let key: number

beforeEach(() => {
  world = createWorld()
  key = 0
})

const ask = (request: object, collision: 'queue' | 'reject' | 'skip' = 'reject') =>
  world.accept({ idempotencyKey: `key-${key++}`, collision, ...request })
const notified = () => world.published.map(({ id, state }) => [id, state])
const endOf = (id: string) => ({ state: world.get(id).state, summary: world.get(id).outcome?.summary ?? '' })

describe('the same request', () => {
  test('joins the live run: one change, and each is notified of it as its own', async () => {
    const first = await ask(RESTART)
    const second = await ask(RESTART)
    await world.pass(10_000)
    const third = await ask(RESTART, 'queue')
    expect([second, third].map(({ state, attachedTo }) => [state, attachedTo])).toEqual([
      ['attached', first.id],
      ['attached', first.id],
    ])
    await world.pass(5 * MINUTE)
    expect(world.cloud.writes).toHaveLength(1)
    expect(notified().sort()).toEqual([first, second, third].map(({ id }) => [id, 'succeeded']).sort())
    expect(endOf(second.id).summary).toBe(`as run ${first.id}, which it joined: ${endOf(first.id).summary}`)
    expect(world.get(second.id).source).toEqual(second.source)
  })

  test.for([
    ['queue', 'succeeded', 2],
    ['reject', 'refused', 1],
    ['skip', 'refused', 1],
  ] as const)(
    'waits its turn where the change was seen done before it was asked for (%s)',
    async ([how, state, writes]) => {
      // The job is done, the nodes cannot be read.
      const first = await ask({ operation: 'dcs.node.stop' })
      await world.pass(5_000)
      world.cloud.fault = (operation) =>
        operation === 'dcs.node.list' ? { kind: 'throttled', change: 'none' } : undefined
      await world.pass(MINUTE)
      expect(world.get(first.id)).toMatchObject({ state: 'verifying', verifyingAt: expect.any(String) })
      const second = await ask({ operation: 'dcs.node.stop' }, how)
      world.cloud.fault = () => undefined
      expect(second.attachedTo).toBeUndefined()
      await world.pass(10 * MINUTE)
      expect([endOf(first.id).state, endOf(second.id).state, world.cloud.writes.length]).toEqual([
        'succeeded',
        state,
        writes,
      ])
    },
  )

  test('hears of the end within 20 s', async () => {
    const first = await ask(RESTART)
    const second = await ask(RESTART)
    await world.pass(5 * MINUTE)
    const [end = '', joined = ''] = [first, second].map(({ id }) => world.get(id).updatedAt)
    expect(Date.parse(joined) - Date.parse(end)).toBeLessThan(20_000)
  })

  test.for([
    ['failed', () => Object.assign(world.cloud, { workFails: () => true })],
    ['timed-out', () => Object.assign(world.cloud, { workMs: () => 1000 * MINUTE })],
  ] as const)('shares an end as %s, too', async ([state, prepare]) => {
    prepare()
    const runs = [await ask({ operation: 'dcs.instance.swap' }), await ask({ operation: 'dcs.instance.swap' })]
    await world.pass(60 * MINUTE)
    expect(runs.map(({ id }) => endOf(id).state)).toEqual([state, state])
    expect(world.published).toHaveLength(2)
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('stands alone where the run that it joined is cancelled', async () => {
    world.cloud.instance(INSTANCE).work = { until: world.now() + 2 * MINUTE, end: () => {} }
    const first = await ask(RESTART)
    const second = await ask(RESTART)
    await world.pass(MINUTE)
    await cancel(world.ports, first.id, { by: 'the test' })
    await world.pass(10 * MINUTE)
    expect([first, second].map(({ id }) => endOf(id).state)).toEqual(['cancelled', 'succeeded'])
    expect(world.get(second.id).attachedTo).toBeUndefined()
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('joins a run that itself waits in line', async () => {
    await ask(RESTART)
    const waiting = await ask(FLUSH, 'queue')
    const joined = await ask(FLUSH)
    expect(joined).toMatchObject({ state: 'attached', attachedTo: waiting.id })
    await world.pass(10 * MINUTE)
    expect(endOf(joined.id).state).toBe('succeeded')
    expect(world.cloud.writes).toHaveLength(2)
  })

  test('after the end is a new one', async () => {
    await ask(RESTART)
    await world.pass(5 * MINUTE)
    expect((await ask(RESTART)).state).toBe('queued')
    await world.pass(5 * MINUTE)
    expect(world.cloud.writes).toHaveLength(2)
  })

  test('through another account, or from another region, is the same: the resource is one', async () => {
    const { id } = await ask({ target: { instanceId: INSTANCE } })
    for (const seenFrom of [{ account: 'staging' }, { account: 'default' }, { region: 'cn-south-1' }]) {
      const target = { instanceId: INSTANCE, ...seenFrom }
      expect(await ask({ target })).toMatchObject({ state: 'attached', attachedTo: id })
    }
  })

  test('survives lost messages', async () => {
    world.post = ({ at }) => (at > world.now() ? [] : [0])
    const runs = [await ask(RESTART), await ask(RESTART)]
    await world.pass(60 * MINUTE)
    expect(runs.map(({ id }) => endOf(id).state)).toEqual(['succeeded', 'succeeded'])
  })
})

describe('another request', () => {
  test.for([
    ['reject', ''],
    ['skip', 'skipped: '],
  ] as const)('that says %s is refused at once, and names the holder', async ([collision, word]) => {
    const first = await ask(RESTART)
    const second = await ask(FLUSH, collision)
    expect(second).toMatchObject({
      state: 'refused',
      outcome: {
        summary: expect.stringMatching(
          `^nothing was done: ${word}run ${first.id} \\(dcs.instance.restart\\) has had the resource`,
        ),
        providerDone: true,
        holder: { runId: first.id, operation: 'dcs.instance.restart', since: first.createdAt },
      },
    })
    await world.pass(5 * MINUTE)
    expect(notified()).toContainEqual([second.id, 'refused'])
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('that queues is carried out next, in the order of asking', async () => {
    const requests = [RESTART, FLUSH, { operation: 'dcs.instance.swap' }, { operation: 'dcs.instance.soft-restart' }]
    const runs = []
    for (const request of requests) runs.push(await ask(request, 'queue'))
    expect(world.get(runs[1]?.id ?? '').progress.lastObserved).toBe(
      `waits for run ${runs[0]?.id} (dcs.instance.restart)`,
    )
    await world.pass(20 * MINUTE)
    expect(world.cloud.writes.map(({ operation }) => operation)).toEqual(requests.map(({ operation }) => operation))
    expect(runs.map(({ id }) => endOf(id).state)).toEqual(Array(4).fill('succeeded'))
    expect(world.holders()).toEqual([])
  })

  test('that queues gets its full time from when it is sent', async () => {
    world.cloud.workMs = () => 25 * MINUTE
    await ask(RESTART)
    const { id } = await ask({ operation: 'dcs.instance.swap' }, 'queue')
    await world.pass(60 * MINUTE)
    expect(endOf(id).state).toBe('succeeded')
  })

  test('that queues in vain ends at its deadline: nothing was done', async () => {
    world.cloud.workMs = () => 1000 * MINUTE
    const first = await ask(RESTART)
    const { id, deadlineAt } = await ask({ operation: 'dcs.instance.swap' }, 'queue')
    await world.pass(35 * MINUTE)
    expect(endOf(id)).toMatchObject({
      state: 'timed-out',
      summary: expect.stringContaining(`nothing was done: the deadline ${deadlineAt} passed`),
    })
    expect(endOf(id).summary).toContain(`waits for run ${first.id}`)
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('is refused where ten wait already; whoever gave up makes room', async () => {
    await ask(RESTART)
    const params = (index: number) => ({
      operation: 'dcs.node.stop',
      target: { instanceId: INSTANCE, nodeIds: [`n${index}`] },
    })
    const waiting = []
    for (let index = 0; index < 10; index++) waiting.push(await ask(params(index), 'queue'))
    const late = await ask(params(10), 'queue')
    expect(late).toMatchObject({
      state: 'refused',
      outcome: { summary: expect.stringContaining('10 runs already wait') },
    })
    await cancel(world.ports, waiting[4]?.id ?? '', { by: 'the test' })
    expect((await ask(params(11), 'queue')).state).toBe('queued')
    expect([...world.leases.values()][0]?.waiting).toHaveLength(10)
  })

  test('that rejects does not overtake those that wait, though the instance is free for a moment', async () => {
    const first = await ask(RESTART)
    const waiting = await ask(FLUSH, 'queue')
    while (world.get(first.id).state !== 'succeeded') await world.pass(1_000)
    expect(world.holders()).toEqual([])
    const hasty = await ask({ operation: 'dcs.instance.swap' })
    expect(hasty).toMatchObject({ state: 'refused', outcome: { holder: { runId: waiting.id } } })
    await world.pass(5 * MINUTE)
    expect(endOf(waiting.id).state).toBe('succeeded')
  })

  test('of many at once: one has it, the others are refused', async () => {
    const operations = ['dcs.instance.restart', 'dcs.instance.flush', 'dcs.instance.swap', 'dcs.instance.stop']
    const runs = await Promise.all(operations.map((operation) => ask({ operation })))
    expect(runs.map(({ state }) => state).sort()).toEqual(['queued', 'refused', 'refused', 'refused'])
    await world.pass(5 * MINUTE)
    expect(world.cloud.writes).toHaveLength(1)
  })
})

describe('a run that ended in doubt', () => {
  /** Its work goes on for so long. */
  const giveUpOn = async (workMs: number) => {
    world.cloud.workMs = () => workMs
    const { id } = await ask(RESTART)
    await world.pass(42.5 * MINUTE)
    expect(endOf(id).state).toBe('timed-out')
    world.cloud.workMs = () => 20_000
    return id
  }

  test('keeps its instance while the work is seen to go on', async () => {
    const id = await giveUpOn(60 * MINUTE)
    const next = await ask(FLUSH)
    await world.pass(MINUTE)
    expect(world.get(next.id)).toMatchObject({ state: 'refused', outcome: { holder: { runId: id } } })
    expect(endOf(next.id).summary).toContain(
      'and ended as timed-out, but the resource stays reserved until it is seen at rest',
    )
  })

  test('loses it a minute after it is seen at rest, also to one that would not wait', async () => {
    await giveUpOn(42.5 * MINUTE)
    const next = await ask(FLUSH)
    await world.pass(50_000)
    expect(world.get(next.id).state).toBe('queued')
    expect(world.cloud.writes).toHaveLength(1)
    await world.pass(3 * MINUTE)
    expect(world.get(next.id).state).toBe('succeeded')
    expect(world.lostLeases).toEqual([])
  })

  test('that is seen at work again in between keeps it', async () => {
    await giveUpOn(42.5 * MINUTE)
    const next = await ask(FLUSH, 'queue')
    await world.pass(30_000)
    world.cloud.instance(INSTANCE).status = 'RESTARTING'
    await world.pass(20_000)
    world.cloud.instance(INSTANCE).status = 'RUNNING'
    const again = world.now()
    await world.pass(5 * MINUTE)
    const sent = Date.parse(world.history.get(next.id)?.find(({ state }) => state === 'submitting')?.updatedAt ?? '')
    expect(sent - again).toBeGreaterThanOrEqual(MINUTE)
  })

  test('keeps it for 32 minutes after its deadline where nobody can see', async () => {
    const id = await giveUpOn(1000 * MINUTE)
    const next = await ask({ operation: 'dcs.instance.soft-restart' }, 'queue')
    await world.pass(29 * MINUTE)
    expect(world.holders()).toEqual([id])
    await world.pass(1.3 * MINUTE)
    expect(world.holders()).toEqual([next.id])
  })
})
