import { expect, test } from 'vitest'
import { messageDeadLetteredEvent, runEndedEvent } from '../../lib/notify/events.ts'
import { createWorld } from '../world/world.ts'

test('the end of a run is a CloudEvent with the run as its data, and no bookkeeping', async () => {
  const world = createWorld()
  const { id } = await world.accept({ source: { kind: 'ticket', name: 'generic', id: 'msg_1', reason: 'OPS-1' } })
  await world.pass(300_000)
  const event = runEndedEvent(world.get(id))
  expect(event).toEqual({
    specversion: '1.0',
    id: `${id}/succeeded`,
    source: '/steadyhand',
    type: 'steadyhand.run.succeeded',
    subject: 'huawei/dcs/2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef',
    time: expect.stringMatching(/^2026-01-01T00:00:\d\d/),
    datacontenttype: 'application/json',
    data: expect.objectContaining({
      id,
      state: 'succeeded',
      operation: 'dcs.instance.restart',
      outcome: expect.any(Object),
    }),
  })
  expect(Object.keys(event.data as object).sort()).toEqual([
    'acceptedAt',
    'baseline',
    'collision',
    'createdAt',
    'deadlineAt',
    'endedAt',
    'id',
    'nextAt',
    'notifiedAt',
    'operation',
    'outcome',
    'params',
    'progress',
    'resource',
    'sentAt',
    'source',
    'state',
    'step',
    'target',
    'timeline',
    'updatedAt',
  ])
})

test('a buried message is a CloudEvent under the id of the message', () => {
  const kept = { messageId: 'm1', from: 'polls', queue: 'PollsDeadLetters', body: '{' } as const
  expect(messageDeadLetteredEvent({ ...kept, at: '2026-01-01T00:00:00.000Z' })).toEqual({
    specversion: '1.0',
    id: 'm1',
    source: '/steadyhand',
    type: 'steadyhand.message.dead-lettered',
    subject: 'PollsDeadLetters',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    data: kept,
  })
})

test('a huge message is published in part', () => {
  const deadLetter = { messageId: 'm1', from: 'polls', queue: 'q', at: '2026-01-01T00:00:00.000Z' } as const
  expect(messageDeadLetteredEvent({ ...deadLetter, body: 'x'.repeat(300_000) }).data).toMatchObject({
    body: 'x'.repeat(2_000),
  })
})

test('a run of which messages were given up shows how many', async () => {
  const run = await createWorld().accept({})
  expect([runEndedEvent({ ...run, deadLetters: 2 }).data, runEndedEvent(run).data]).toEqual([
    expect.objectContaining({ deadLetters: 2 }),
    expect.not.objectContaining({ deadLetters: expect.anything() }),
  ])
})
