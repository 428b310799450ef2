import { afterAll, beforeAll, describe, test } from 'vitest'
import { HOMES } from './homes.ts'
import { patientFetch } from './patient-fetch.ts'
import { instance, type SeenRun, startTestMachine, type TestMachine } from './test-machine.ts'

/** Collisions, cancel and batches through the doors. */

interface Batch {
  id: string
  runs: (SeenRun & { batchId: string; target: { instanceId: string } })[]
}

const seeds = Array.from({ length: 8 }, (_, index) => instance(index))
const idOf = (index: number): string => seeds[index]?.id ?? ''

describe.for(HOMES)('on $name:', (home) => {
  let on: TestMachine
  beforeAll(async () => {
    on = await startTestMachine(home, { dcs: { workMs: { restart: 7_000, flush: 7_000 }, instances: seeds } })
  })
  afterAll(() => on.dispose())

  const wish = (index: number, operation = 'dcs.instance.restart', more = {}) => ({
    operation,
    target: { instanceId: idOf(index) },
    ...more,
  })
  const asked = async (body: object): Promise<[number, SeenRun & Record<string, unknown>]> => {
    const response = await on.post(body)
    return [response.status, (await response.json()) as SeenRun & Record<string, unknown>]
  }
  const writesOn = (index: number) => on.writes().filter(({ instances }) => instances?.includes(idOf(index)))

  test.concurrent('another wish for an instance that is taken is 409 and names the holder; it is recorded, and told', async ({
    expect,
  }) => {
    const [, first] = await asked(wish(0))
    const [status, problem] = await asked(wish(0, 'dcs.instance.flush'))
    expect([status, problem]).toEqual([
      409,
      {
        type: expect.stringMatching(/\/problems\/target-held$/),
        title: 'Another run has the target',
        status: 409,
        detail: expect.stringContaining(
          `nothing was done: run ${first.id} (dcs.instance.restart) has had the resource since`,
        ),
        instance: expect.stringMatching(/^urn:uuid:/),
        runId: expect.stringMatching(/^run_/),
        state: 'refused',
        holder: { runId: first.id, operation: 'dcs.instance.restart', since: expect.any(String) },
      },
    ])
    expect(await on.run(String(problem.runId))).toMatchObject({ state: 'refused' })
    await expect.poll(() => on.toldOf(String(problem.runId))).toMatchObject([{ id: `${problem.runId}/refused` }])
  })

  test.concurrent('the same wish, by five at once, is one change; each has a run of its own that succeeds', async ({
    expect,
  }) => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => asked(wish(1))))
    expect(answers.map(([status]) => status)).toEqual([202, 202, 202, 202, 202])
    const ends = await Promise.all(answers.map(([, { id }]) => on.end(id)))
    expect(ends.map(({ state }) => state)).toEqual(Array(5).fill('succeeded'))
    expect(new Set(ends.map(({ id }) => id)).size).toBe(5)
    expect(writesOn(1)).toHaveLength(1)
  })

  test.concurrent('a wish that waits in line is carried out after the one before it', async ({ expect }) => {
    await asked(wish(2))
    const [status, waiting] = await asked(wish(2, 'dcs.instance.flush', { collision: 'queue' }))
    expect([status, waiting.state]).toEqual([202, 'queued'])
    expect((await on.end(waiting.id)).state).toBe('succeeded')
    expect(writesOn(2).map(({ action }) => action)).toEqual(['restart', 'flush'])
  })

  describe.concurrent('POST /runs/{id}/cancel', () => {
    const cancel = (id: string): Promise<Response> =>
      patientFetch(`${on.machine.url}/runs/${id}/cancel`, { method: 'POST' })

    test('withdraws what was not sent, says so again, and never sends it', async ({ expect }) => {
      await asked(wish(3))
      const [, waiting] = await asked(wish(3, 'dcs.instance.flush', { collision: 'queue' }))
      for (const _ of [1, 2]) {
        const response = await cancel(waiting.id)
        expect([response.status, ((await response.json()) as SeenRun).state]).toEqual([200, 'cancelled'])
      }
      await expect.poll(() => writesOn(3).map(({ action }) => action)).toEqual(['restart'])
    })

    test('of what was sent is 409: it is followed to its end', async ({ expect }) => {
      const [, { id }] = await asked(wish(4))
      await expect.poll(async () => (await on.run(id)).state).toBe('tracking')
      const response = await cancel(id)
      expect([response.status, await response.json()]).toEqual([
        409,
        expect.objectContaining({ detail: 'too late to cancel: it was sent, and is followed to its end', runId: id }),
      ])
      expect((await on.end(id)).state).toBe('succeeded')
      expect(await (await cancel(id)).json()).toMatchObject({ detail: 'too late to cancel: it has ended as succeeded' })
    })

    test('of what is not there is 404', async ({ expect }) => {
      expect((await cancel('run_00000000000000000000000000000000')).status).toBe(404)
    })
  })

  // Alone: together with others in the queue, some might be taken in another batch.
  test('one wish for many targets is a run each, and one request to the cloud', async ({ expect }) => {
    const targets = [5, 6, 7].map((index) => ({ instanceId: idOf(index) }))
    const body = { operation: 'dcs.instance.flush', targets, idempotencyKey: 'many' }
    const response = await on.postTo('/batches', body)
    const { id, runs } = (await response.json()) as Batch // our own API
    expect([response.status, response.headers.get('location')]).toEqual([202, `batches/${id}`])
    expect(runs.map(({ batchId, target }) => [batchId, target.instanceId])).toEqual(
      targets.map(({ instanceId }) => [id, instanceId]),
    )
    const again = await on.postTo('/batches', body)
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true'])
    expect(await again.json()).toMatchObject({ id, runs: runs.map((run) => ({ id: run.id })) })
    const ends = await Promise.all(runs.map(({ id }) => on.end(id)))
    expect(ends.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded'])
    expect(writesOn(6).map(({ instances }) => instances?.length)).toEqual([3])
    const ended = (await (await on.get(`/batches/${id}`)).json()) as Batch // our own API
    expect(ended).toMatchObject({ id, operation: body.operation, size: 3, states: { succeeded: 3 } })
    expect(ended.runs.map((run) => run.id)).toEqual(runs.map((run) => run.id))
  })

  test('many targets at POST /runs, the form of 0.x, are a batch, and it says where the new form is', async ({
    expect,
  }) => {
    const targets = [5, 7].map((index) => ({ instanceId: idOf(index) }))
    const response = await on.post({ operation: 'dcs.instance.swap', targets })
    const { id, batchId, runs } = (await response.json()) as Batch & { batchId: string } // our own API
    expect([response.status, batchId, runs.length]).toEqual([202, id, 2])
    expect([response.headers.get('deprecation'), response.headers.get('link')]).toEqual([
      expect.stringMatching(/^@\d+$/),
      '<batches>; rel="successor-version"',
    ])
    expect(await (await on.get(`/batches/${id}`)).json()).toMatchObject({ id, size: 2 })
  })
})
