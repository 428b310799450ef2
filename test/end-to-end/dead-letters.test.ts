import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LocalQueueName } from '../../lib/local/sqlite/queue.ts'
import type { CloudEvent } from '../../lib/notify/cloud-event.ts'
import { createWorld } from '../world/world.ts'
import { HOMES } from './homes.ts'
import { patientFetch } from './patient-fetch.ts'
import { instance, type SeenRun, startTestMachine, type TestMachine } from './test-machine.ts'

const seeds = Array.from({ length: 4 }, (_, index) => instance(index))

interface Told extends CloudEvent {
  data: { from: string; queue: string; body: string; runId?: string; id?: string }
}

/** A run of which no message is on its way. */
async function lostRun({ machine }: TestMachine, instanceId: string | undefined): Promise<string> {
  const now = machine.clock()
  const run = await createWorld().accept({
    operation: 'dcs.instance.swap',
    target: { instanceId },
    idempotencyKey: `lost ${instanceId}`,
  })
  const at = (ms: number): string => new Date(now + ms).toISOString()
  // Far from where the sweeper would look after it.
  const dates = { createdAt: at(0), updatedAt: at(0), nextAt: at(0), dueAt: at(3_600_000), deadlineAt: at(7_200_000) }
  await machine.store.create({ ...run, ...dates })
  return run.id
}

/** For which the rules swap master and standby: that takes a test the least time. */
function alarm({ machine }: TestMachine, instanceId: string | undefined): unknown {
  const sample = JSON.parse(readFileSync('events/cloudwatch/redis-unresponsive.json', 'utf8'))
  sample.detail.state.timestamp = new Date(machine.clock()).toISOString().replace('Z', '+0000')
  sample.detail.alarmName = 'redis-orders-master-latency'
  sample.detail.alarmTags = { 'dcs-instance': instanceId }
  return sample
}

describe.for(HOMES)('on $name:', (home) => {
  let on: TestMachine
  beforeAll(async () => {
    on = await startTestMachine(home, { dcs: { workMs: { swap: 1_000 }, instances: seeds } })
  })
  afterAll(() => on.dispose())

  const put = (queue: LocalQueueName, body: string): Promise<string> => on.machine.send(queue, body)

  const told = (): Told[] => on.machine.told() as Told[] // our own

  const toldOf = async (id: string): Promise<Told> => {
    await expect.poll(() => told().filter((event) => event.id === id)).toHaveLength(1)
    return told().find((event) => event.id === id) as Told // just seen
  }

  const resend = (id: string): Promise<Response> =>
    patientFetch(`${on.machine.url}/dead-letters/${id}/resend`, { method: 'POST' })

  const writesTo = (id: string | undefined): number =>
    on.writes().filter(({ path, instances }) => instances?.includes(id ?? '') || path.includes(id ?? '?')).length

  const runsOf = async (id: string | undefined): Promise<SeenRun[]> => {
    const { runs } = (await (await on.get('/runs?limit=100')).json()) as { runs: SeenRun[] } // our own API
    return runs.filter((run) => JSON.stringify(run).includes(id ?? '?'))
  }

  test.for([
    ['submissions-dead-letters', 'submissions'],
    ['polls-dead-letters', 'polls'],
    ['alarms-dead-letters', 'alarms'],
    // What cannot be read is not tried again and again.
    ['submissions', 'submissions'],
    ['polls', 'polls'],
  ] as const)('what ends in the queue %s is told, and where it is from', async ([queue, from]) => {
    const id = await put(queue, `poison of ${queue}`)
    expect(await toldOf(id)).toMatchObject({
      type: 'dev.steadyhand.message.dead-lettered',
      data: { from, body: `poison of ${queue}`, queue: expect.stringContaining(on.machine.nameOf(queue)) },
    })
  })

  describe('a submission that was given up', () => {
    test('is kept, told, noted on its run, and when it is sent back its run is carried out, once', async () => {
      const instanceId = seeds[0]?.id
      const runId = await lostRun(on, instanceId)
      const id = await put('submissions-dead-letters', JSON.stringify({ v: 1, runId }))
      expect(await toldOf(id)).toMatchObject({ subject: runId, data: { from: 'submissions', runId } })
      expect(await on.run(runId)).toMatchObject({ state: 'queued', evidence: { deadLetters: 1 } })
      expect(writesTo(instanceId)).toBe(0)
      const answers = [await resend(id), await resend(id)]
      expect(answers.map(({ status }) => status)).toEqual([202, 202])
      expect(await answers[0]?.json()).toEqual({
        messageId: id,
        from: 'submissions',
        queue: expect.stringContaining(on.machine.nameOf('submissions-dead-letters')),
        runId,
        body: JSON.stringify({ v: 1, runId }),
        at: expect.any(String),
        sentBackAt: expect.any(String),
      })
      expect(await on.end(runId)).toMatchObject({ state: 'succeeded' })
      expect(writesTo(instanceId)).toBe(1)
    })

    test('by a release that does not know it is given up again when it is sent back', async () => {
      const body = JSON.stringify({ v: 99, runId: await lostRun(on, seeds[1]?.id) })
      const id = await put('submissions', body)
      await toldOf(id)
      expect((await resend(id)).status).toBe(202)
      const copies = (): Told[] => told().filter(({ data }) => data.body === body)
      await expect.poll(copies).toHaveLength(2)
      expect(new Set(copies().map((event) => event.id)).size).toBe(2)
      expect(writesTo(seeds[1]?.id)).toBe(0)
    })
  })

  test.for([
    ['as EventBridge leaves it', 2, (event: unknown) => event],
    [
      'as Lambda leaves it',
      3,
      (requestPayload: unknown) => ({
        version: '1.0',
        requestContext: { condition: 'RetriesExhausted' },
        requestPayload,
      }),
    ],
  ] as const)('a parked alarm, %s, starts its run when it is sent back, and only one', async ([, seed, parked]) => {
    const instanceId = seeds[seed]?.id
    const event = alarm(on, instanceId)
    const id = await put('alarms-dead-letters', JSON.stringify(parked(event)))
    expect((await toldOf(id)).data.body).toBe(JSON.stringify(event).slice(0, 2_000))
    expect([await runsOf(instanceId), writesTo(instanceId)]).toEqual([[], 0])
    expect([(await resend(id)).status, (await resend(id)).status]).toEqual([202, 202])
    await expect.poll(() => runsOf(instanceId)).toMatchObject([{ source: { kind: 'alarm' } }])
    const [run] = await runsOf(instanceId)
    expect(await on.end(run?.id ?? '')).toMatchObject({ state: 'succeeded' })
    expect([await runsOf(instanceId), writesTo(instanceId)]).toEqual([[expect.anything()], 1])
  })

  test('a letter that was cut is 409, and nothing is sent', async () => {
    const [before] = [told().length]
    const { store } = on.machine
    const letter = {
      messageId: 'cut',
      from: 'polls',
      queue: 'PollsDeadLetters',
      at: new Date(on.machine.clock()).toISOString(),
    } as const
    await store.createDeadLetter({ ...letter, body: '{"v":99', cutFromBytes: 400_000 })
    const response = await resend('cut')
    expect([response.status, response.headers.get('content-type')]).toEqual([409, 'application/problem+json'])
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('400000 bytes') })
    expect((await store.getDeadLetter('cut'))?.sentBackAt).toBeUndefined()
    // It could not be read, and would be told as a letter of its own.
    await toldOf(await put('polls', 'sent after it'))
    expect(
      told()
        .slice(before)
        .map(({ data }) => data.body),
    ).not.toContain('{"v":99')
  })

  test.for([
    ['that is not kept', '00000000-0000-4000-8000-000000000000'],
    ['whose id is longer than a key can be', 'x'.repeat(3_000)],
    ['of a zero byte', '%00'],
    ['that is a lease', 'lease:x'],
  ] as const)('a letter %s is 404', async ([, id]) => {
    const response = await resend(id)
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  })

  test('what a person is shown of a letter is its first 2,000 characters; what is sent back is all of it', async () => {
    const body = `${'x'.repeat(3_000)} end`
    const id = await put('polls', body)
    await toldOf(id)
    expect(await (await resend(id)).json()).toMatchObject({ body: 'x'.repeat(2_000) })
    await expect.poll(() => told().filter(({ data }) => data.body === 'x'.repeat(2_000))).toHaveLength(2)
    const copy = told().findLast(({ data }) => data.body === 'x'.repeat(2_000))
    expect((await on.machine.store.getDeadLetter(copy?.id ?? ''))?.body).toBe(body)
  })
})
