import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import type { CloudEvent } from '../../lib/notify/cloud-event.ts'
import { SCHEMA_NAMES } from '../../lib/notify/data.ts'
import {
  type EventAttributes,
  eventPublisher,
  limitReachedEvent,
  messageDeadLetteredEvent,
  requestRefusedEvent,
  runEndedEvent,
  runSlowEvent,
} from '../../lib/notify/events.ts'
import { eventSchema } from '../../lib/notify/schemas.ts'
import { EVENT_TYPES } from '../../lib/notify/types.ts'
import type { Run } from '../../lib/runs/run.ts'
import { createWorld } from '../world/world.ts'
import { ORIGIN } from './origin.ts'

const AT = '2026-01-01T00:00:00.000Z'
const KEPT = { messageId: 'm1', from: 'polls', queue: 'PollsDeadLetters', body: '{' } as const
const REFUSED = { source: 'jira', key: 'OPS-1', subject: 'OPS-1', rule: 'flush', reason: 'too old', at: AT }
const REACHED = { of: 'huawei/dcs/x', key: 'k', limit: '2 per 1h', by: ['run_1'], opensAt: AT, reason: 'why', at: AT }

async function anEndedRun(more: Partial<Run> = {}): Promise<Run> {
  const world = createWorld()
  const { id } = await world.accept({ source: { kind: 'ticket', name: 'generic', id: 'msg_1', reason: 'OPS-1' } })
  await world.pass(300_000)
  return { ...world.get(id), ...more }
}

test('the end of a run is a CloudEvent with the run as its data, and no bookkeeping', async () => {
  const run = await anEndedRun({ baseline: { large: true } })
  const event = runEndedEvent(run, ORIGIN)
  expect(event).toEqual({
    specversion: '1.0',
    id: `${run.id}/succeeded`,
    source: 'urn:steadyhand:123456789012:eu-west-1:test',
    type: 'dev.steadyhand.run.succeeded',
    subject: 'huawei/dcs/2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef',
    time: run.endedAt,
    datacontenttype: 'application/json',
    dataschema: 'https://steadyhand.test/schemas/run-ended.v1',
    partitionkey: 'huawei/dcs/2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef',
    traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
    data: expect.objectContaining({ id: run.id, state: 'succeeded', operation: 'dcs.instance.restart' }),
  })
  expect(Object.keys(event.data as object).sort()).toEqual([
    ...['acceptedAt', 'collision', 'createdAt', 'deadlineAt', 'durationSeconds', 'endedAt', 'evidence', 'expiresAt'],
    ...['id', 'lastObserved', 'lastObservedSince', 'notifiedAt', 'operation', 'outcome', 'params', 'resource'],
    ...['sentAt', 'source', 'state', 'target', 'timeline', 'updatedAt', 'verdicts', 'verifyingAt'].filter(
      (name) => name !== 'verifyingAt' || run.verifyingAt,
    ),
  ])
  expect(JSON.stringify(event)).not.toContain('large')
})

describe('a slow run', () => {
  const slowAt = '2026-01-01T00:20:00.000Z'
  const aSlowRun = async (): Promise<Run> => {
    const world = createWorld()
    world.cloud.workMs = () => 1_000_000
    const { id } = await world.accept({ source: { kind: 'ticket', name: 'generic', id: 'msg_1' } })
    await world.pass(300_000)
    return { ...world.get(id), slowAt, baseline: { large: true } }
  }

  test('is a CloudEvent with the run as its data, which lives', async () => {
    const run = await aSlowRun()
    const event = runSlowEvent(run, ORIGIN)
    expect(event).toEqual({
      specversion: '1.0',
      id: `${run.id}/slow`,
      source: 'urn:steadyhand:123456789012:eu-west-1:test',
      type: 'dev.steadyhand.run.slow',
      subject: 'huawei/dcs/2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef',
      time: slowAt,
      datacontenttype: 'application/json',
      dataschema: 'https://steadyhand.test/schemas/run-slow.v1',
      partitionkey: 'huawei/dcs/2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef',
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
      data: expect.objectContaining({ id: run.id, state: 'tracking', slow: true }),
    })
    expect(event.data).not.toHaveProperty('endedAt')
    expect(JSON.stringify(event)).not.toContain('large')
  })

  test('has another event for its end, in the same trace', async () => {
    const run = await aSlowRun()
    const [slow, ended] = [runSlowEvent(run, ORIGIN), runEndedEvent({ ...run, state: 'succeeded' }, ORIGIN)]
    expect([slow.id === ended.id, slow.traceparent === ended.traceparent]).toEqual([false, false])
    expect(slow.traceparent?.slice(0, 35)).toBe(ended.traceparent?.slice(0, 35))
  })

  test('can be filtered by operation, state and source', async () => {
    const published: EventAttributes[] = []
    const publisher = eventPublisher(ORIGIN, async (_, attributes) => void published.push(attributes))
    await publisher.runSlow(await aSlowRun())
    expect(published).toEqual([{ operation: 'dcs.instance.restart', state: 'tracking', source: 'generic' }])
  })
})

test('an event of a deployment whose address is not known names no schema', async () => {
  const event = runEndedEvent(await anEndedRun(), { source: 'urn:steadyhand:x', apiUrl: () => undefined })
  expect(event).not.toHaveProperty('dataschema')
})

test('two deployments never tell the same event: the id may be equal, the source is not', async () => {
  const run = await anEndedRun()
  const [one, other] = ['a', 'b'].map((stage) =>
    runEndedEvent(run, { ...ORIGIN, source: `urn:steadyhand:1:eu-west-1:${stage}` }),
  )
  expect([one?.id === other?.id, one?.source === other?.source]).toEqual([true, false])
})

describe('the trace of a run', () => {
  const given = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

  test('goes on in its event, as a span of its own', async () => {
    const { traceparent } = runEndedEvent(await anEndedRun({ traceparent: given }), ORIGIN)
    expect(traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/)
    expect(traceparent).not.toBe(given)
  })

  test('is the same each time the event is sent', async () => {
    const run = await anEndedRun()
    expect(runEndedEvent(run, ORIGIN).traceparent).toBe(runEndedEvent(run, ORIGIN).traceparent)
  })
})

test('a message that was given up is a CloudEvent under the id of the message', () => {
  expect(messageDeadLetteredEvent({ ...KEPT, at: AT }, ORIGIN)).toMatchObject({
    id: 'm1',
    type: 'dev.steadyhand.message.dead-lettered',
    subject: 'PollsDeadLetters',
    time: AT,
    data: { ...KEPT, at: AT },
  })
})

test('a huge message is published in part', () => {
  const event = messageDeadLetteredEvent({ ...KEPT, at: AT, body: 'x'.repeat(300_000) }, ORIGIN)
  expect(event.data).toMatchObject({ body: 'x'.repeat(2_000) })
})

test('attributes have no control characters, and are never empty, whatever a sender writes', () => {
  const named = (subject: string) => requestRefusedEvent({ ...REFUSED, key: 'a\u0000b', subject }, ORIGIN)
  expect(named('High\nload\u0000')).toMatchObject({ id: 'jira/a b/refused', subject: 'High load ' })
  expect(named('')).toMatchObject({
    subject: 'dev.steadyhand.request.refused',
    partitionkey: 'dev.steadyhand.request.refused',
  })
})

test('a limit names the runs that used it up', () => {
  const { key, at, by: runIds, ...rest } = REACHED
  expect(limitReachedEvent(REACHED, ORIGIN)).toMatchObject({
    id: 'huawei/dcs/x/k',
    subject: 'huawei/dcs/x',
    data: { ...rest, runIds },
  })
})

test('subscribers can filter by operation, state and source', async () => {
  const published: [CloudEvent, EventAttributes][] = []
  const publisher = eventPublisher(ORIGIN, async (...one) => void published.push(one))
  await publisher.runEnded(await anEndedRun())
  await publisher.requestRefused(REFUSED)
  await publisher.limitReached(REACHED)
  await publisher.messageDeadLettered({ ...KEPT, at: AT })
  expect(published.map(([, attributes]) => attributes)).toEqual([
    { operation: 'dcs.instance.restart', state: 'succeeded', source: 'generic' },
    { source: 'jira' },
    {},
    {},
  ])
})

describe('the schema of the data of', () => {
  const validate = (event: CloudEvent): unknown => {
    const schema = EVENT_TYPES[event.type]?.schema
    if (schema === undefined) return `no schema for ${event.type}`
    const ajv = new Ajv2020({ strict: false })
    addFormats.default(ajv)
    const check = ajv.compile(eventSchema(schema))
    return check(event.data) ? [] : check.errors
  }

  test('each type accepts a real event', async () => {
    const run = await anEndedRun()
    const events = [
      runEndedEvent(run, ORIGIN),
      runSlowEvent({ ...run, state: 'tracking', slowAt: AT }, ORIGIN),
      messageDeadLetteredEvent({ ...KEPT, at: AT }, ORIGIN),
      requestRefusedEvent(REFUSED, ORIGIN),
      limitReachedEvent(REACHED, ORIGIN),
    ]
    expect(events.map(validate)).toEqual([[], [], [], [], []])
    expect(validate({ ...runEndedEvent(run, ORIGIN), data: { id: 'x' } })).not.toEqual([])
  })

  test.for(SCHEMA_NAMES)('%s is published in the repository', (name) => {
    const file = join(import.meta.dirname, `../../lib/notify/schemas/${name}.json`)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(eventSchema(name))))
  })

  test('every type has one', () => {
    const named = new Set(Object.values(EVENT_TYPES).map(({ schema }) => schema))
    expect([...named].sort()).toEqual([...SCHEMA_NAMES].sort())
  })
})
