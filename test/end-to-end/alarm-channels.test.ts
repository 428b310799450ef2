import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SEED_INSTANCES } from '../../lib/simulators/dcs/seeds.ts'
import { HOMES } from './homes.ts'
import { patientFetch } from './patient-fetch.ts'
import { type SeenRun, startTestMachine, type TestMachine } from './test-machine.ts'

/** Of the samples. */
const AT = '2026-11-20T03:12:07.344+0000'
const ACCOUNT = '111122223333'

const JSON_TYPE = { 'content-type': 'application/json' }

describe.for(HOMES)('on $name:', (home) => {
  let on: TestMachine
  beforeAll(async () => {
    on = await startTestMachine(home, { dcs: { workMs: { restart: 10_000 }, instances: [...SEED_INSTANCES] } })
  })
  afterAll(() => on.dispose())

  test('one transition by every channel at once is one run and one request to the cloud', async () => {
    const { machine } = on
    const now = new Date(machine.clock()).toISOString().replace('Z', '+0000')
    const topic = machine.alarmsTopic
    // An alarm is of the account of the topic that it comes by.
    const sample = (name: string): string =>
      readFileSync(`${import.meta.dirname}/../../events/cloudwatch/${name}.json`, 'utf8')
        .replaceAll(AT, now)
        .replaceAll(ACCOUNT, topic?.account ?? ACCOUNT)
    const message = JSON.parse(sample('sns')).Records[0].Sns
    const post = async (name: string): Promise<unknown> => {
      const response = await patientFetch(`${machine.url}/events`, {
        method: 'POST',
        headers: JSON_TYPE,
        body: sample(name),
      })
      return [response.status, await response.json()]
    }
    const [posted] = await Promise.all([
      Promise.all(['redis-unresponsive', 'sns', 'lambda-action'].map(post)),
      machine.send('alarms', JSON.stringify(message)),
      topic?.publish(message.Message),
    ])
    const results = [
      {
        subject: expect.any(String),
        rule: 'restart-unresponsive-redis',
        runIds: [expect.stringMatching(/^run_/)],
        episodeId: expect.stringMatching(/^ep_/),
      },
    ]
    expect(posted).toEqual(Array.from({ length: 3 }, () => [202, { matched: 1, results }]))
    // Each of the deliveries is read, and says which run it became.
    const deliveries = () =>
      machine.logLines().flatMap((line) => (line.message === 'delivery received' ? [JSON.stringify(line)] : []))
    const sent = topic ? 5 : 4
    await expect.poll(() => deliveries().length).toBe(sent)
    const { runs } = (await (await on.get('/runs')).json()) as { runs: SeenRun[] }
    expect(runs.map(({ id }) => id)).toHaveLength(1)
    const [{ id } = { id: '' }] = runs
    expect(deliveries().filter((line) => line.includes(id))).toHaveLength(sent)
    expect(await on.end(id)).toMatchObject({ state: 'succeeded', source: { kind: 'alarm', name: 'cloudwatch' } })
    expect(on.writes()).toHaveLength(1)
  })

  test('alarms that a large group hands on are decided, whatever their source; a message of another release is buried', async () => {
    const before = on.writes().length
    const occurredAt = new Date(on.machine.clock()).toISOString()
    const alarm = {
      ...{ source: 'alertmanager', identity: 'RedisDown', name: 'RedisDown', account: '', region: '' },
      ...{ status: 'firing', severity: 'critical', occurredAt, dedupeKey: 'handed-on', reason: '', tags: {} },
      dimensions: { dcs_instance_id: 'catalog-cache' },
    }
    const message = {
      kind: 'steadyhand.alarms',
      v: 1,
      source: 'alertmanager',
      delivery: 'dlv_1',
      part: 0,
      alarms: [alarm],
    }
    for (const sent of [message, message, { ...message, v: 2 }]) await on.machine.send('alarms', JSON.stringify(sent))
    const handedOn = async () => {
      const { runs } = (await (await on.get('/runs')).json()) as { runs: (SeenRun & { source: { name: string } })[] }
      return runs.filter(({ source }) => source.name === 'alertmanager')
    }
    await expect.poll(handedOn).toHaveLength(1)
    const letters = async () => (await (await on.get('/dead-letters')).json()) as { deadLetters: object[] }
    await expect
      .poll(letters)
      .toMatchObject({ deadLetters: [{ from: 'alarms', body: JSON.stringify({ ...message, v: 2 }) }] })
    const { deliveries } = (await (await on.get('/deliveries?source=alertmanager')).json()) as { deliveries: object[] }
    expect(deliveries).toMatchObject([{ results: [{ subject: 'RedisDown', rule: 'restart-redis-that-is-down' }] }])
    const [run] = await handedOn()
    expect(await on.end(run?.id ?? '')).toMatchObject({ state: 'succeeded' })
    expect(on.writes().length).toBe(before + 1)
  })
})
