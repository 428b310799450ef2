import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deliveryOf } from '../../lib/local/send/delivery.ts'
import { type HttpAnswer, post } from '../../lib/local/send/post.ts'
import { SOURCES } from '../../lib/sources/sources.ts'
import { HOMES } from './homes.ts'
import { type SeenRun, startTestMachine, type TestMachine } from './test-machine.ts'

/** From each source's sample, sent twice as its source would, to a run that has ended. */

const ORDERS = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const CATALOG = '9c47de18-60fb-4f3e-8a25-7b90cd13e642'
const ACCOUNTS = '5b1f0c7a-3d52-4a86-9e0d-1c64f2a7b913'
const WAREHOUSE = 'emr-4zvc5mul'

type Case = [sample: string, operation: string, targets: string[]]

/** Those of one lane touch the same resource: one after the other, and alarms first, for what began while a run was at work starts no other. */
const LANES: Record<string, Case[]> = {
  [ORDERS]: [
    ['cloudwatch/redis-unresponsive', 'dcs.instance.restart', [ORDERS]],
    ['pagerduty/workflow-started', 'dcs.instance.restart', [ORDERS]],
    ['github/labeled-restart', 'dcs.instance.restart', [ORDERS]],
  ],
  [CATALOG]: [
    ['huawei/node-event', 'dcs.instance.soft-restart', [CATALOG]],
    ['jira/approved-flush', 'dcs.instance.flush', [CATALOG]],
    ['servicenow/change-approved', 'dcs.instance.restart', [CATALOG]],
  ],
  [ACCOUNTS]: [
    ['grafana/redis-latency', 'dcs.instance.swap', [ACCOUNTS]],
    ['generic/ticket-approved', 'dcs.instance.restart', [ACCOUNTS]],
  ],
  [WAREHOUSE]: [['tencent/hdfs-datanode-down', 'emr.service.restart', [WAREHOUSE]]],
}

interface Ended extends SeenRun {
  operation: string
  target: { instanceId?: string; clusterId?: string }
  source: { name: string }
}

interface Kept {
  deliveries: { results: { runIds?: string[] }[] }[]
}

async function sendTwice(name: string, to: TestMachine): Promise<string[]> {
  const text = readFileSync(join(import.meta.dirname, `../../events/${name}.json`), 'utf8')
  const recipient = { base: to.machine.url, isThisMachine: true }
  const environment = { DATA_DIR: to.machine.dataDir }
  const id = `msg_${randomUUID()}`
  const delivery = deliveryOf({
    sample: { file: name, source: name.split('/')[0] ?? '', text },
    recipient,
    environment,
    nowMs: to.machine.clock(),
    id,
  })
  // Sent again where the machine is too busy for its functions to start, as senders do.
  const sent = async (): Promise<HttpAnswer> => {
    const answer = await post(delivery)
    return answer.status >= 500 ? sent() : answer
  }
  const answers = await Promise.all([sent(), sent()])
  expect(answers.map(({ status }) => status >= 200 && status < 300)).toEqual([true, true])
  const { deliveries } = (await (await to.get(`/deliveries?source=${delivery.source}&limit=1`)).json()) as Kept // our own API
  return deliveries.flatMap(({ results }) => results.flatMap(({ runIds = [] }) => runIds))
}

function changesOf(id: string, on: TestMachine): number {
  const changes = on.writes().filter(({ path, instances }) => instances?.includes(id) || path.includes(id))
  return changes.length + on.emrWrites(id).length
}

/** Why limits turn alarms away, as people were told. */
function limitsReached({ machine }: TestMachine): string[] {
  const events = machine.told().filter(({ type }) => type === 'dev.steadyhand.limit.reached')
  return events.map(({ data }) => (data as { reason: string }).reason) // our own
}

describe.for(HOMES)('on $name:', (home) => {
  // Long enough to be seen: an end that nobody saw begin is believed after a minute only.
  const start = (): Promise<TestMachine> =>
    startTestMachine(home, { dcs: { workMs: { restart: 8_000, softRestart: 8_000, flush: 8_000, swap: 1_000 } } })

  let on: TestMachine
  beforeAll(async () => {
    on = await start()
  })
  afterAll(() => on.dispose())

  describe.concurrent('a sample becomes a run that succeeds, and one change at the cloud:', () => {
    test.for(Object.entries(LANES))('of %s', async ([resource, cases], { expect }) => {
      for (const [index, [name, operation, targets]] of cases.entries()) {
        const runs = await sendTwice(name, on)
        const ended = await Promise.all(runs.map((id) => on.end(id) as Promise<Ended>))
        expect(
          ended.map(({ state, operation, target, source }) => [
            state,
            operation,
            target.instanceId ?? target.clusterId,
            source.name,
          ]),
        ).toEqual(targets.map((target) => ['succeeded', operation, target, name.split('/')[0]]))
        expect([name, changesOf(resource, on)]).toEqual([name, index + 1])
      }
    })
  })

  test('a group of alerts becomes a run of each that fires', async () => {
    const other = await start()
    const runs = await sendTwice('alertmanager/redis-down', other)
    const ended = await Promise.all(runs.map((id) => other.end(id) as Promise<Ended>))
    expect(ended.map(({ state, operation, target }) => [state, operation, target.instanceId])).toEqual([
      ['succeeded', 'dcs.instance.restart', ORDERS],
      ['succeeded', 'dcs.instance.restart', CATALOG],
    ])
    expect([ORDERS, CATALOG, ACCOUNTS].map((id) => changesOf(id, other))).toEqual([1, 1, 0])

    // Redis was away while it restarted: what tells of that is no reason to restart it again.
    expect(await sendTwice('cloudwatch/redis-unresponsive', other)).toEqual([])
    expect(changesOf(ORDERS, other)).toBe(1)
    await expect
      .poll(() => limitsReached(other))
      .toEqual([expect.stringMatching(/^cooldown 30m is used up on .* by run_/)])
    await other.dispose()
  })
})

test('no source is left out', () => {
  const tried = Object.values(LANES).flatMap((cases) => cases.map(([name]) => name.split('/')[0]))
  expect([...tried, 'alertmanager'].sort()).toEqual([...SOURCES.keys(), 'cloudwatch'].sort())
})
