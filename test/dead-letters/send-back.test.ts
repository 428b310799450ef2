import { beforeEach, expect, test } from 'vitest'
import { keepDeadLetter } from '../../lib/dead-letters/keep.ts'
import { DeadLetterCutError, sendBack } from '../../lib/dead-letters/send-back.ts'
import type { Sender } from '../../lib/runs/dead-letter.ts'
import { createWorld, type World } from '../world/world.ts'

let world: World
beforeEach(() => {
  world = createWorld()
})

const deadLetters = (body: string, from: Sender): Promise<void> =>
  keepDeadLetter(world.ports, { messageId: 'm1', from, queue: 'DeadLetters', body })

test.for([
  ['submissions', '{"v":9}'],
  ['polls', 'no JSON at all'],
  ['polls', `{"v":1,"runId":"run_${'0'.repeat(32)}"}`],
  ['alarms', '{"source":"aws.cloudwatch"}'],
  ['alarms', `{"from":"polls","queue":"PollsQueue","runId":"run_${'0'.repeat(32)}"}`],
] as const)('a dead letter of %s goes back as it came, and says when', async ([from, body]) => {
  await deadLetters(body, from)
  await world.pass(60_000)
  const sent = await sendBack(world.ports, 'm1', 'me')
  expect(world.sentBack).toEqual([{ to: from, body }])
  expect(sent).toMatchObject({ messageId: 'm1', from, body, sentBackAt: '2026-01-01T00:01:00.000Z' })
  expect(world.kept.get('m1')).toEqual(sent)
})

test('one that is not kept sends nothing', async () => {
  expect(await sendBack(world.ports, 'm1', 'me')).toBeUndefined()
  expect(world.sentBack).toEqual([])
})

test('one that was cut sends nothing, and says why', async () => {
  await deadLetters('x'.repeat(350_001), 'polls')
  await expect(sendBack(world.ports, 'm1', 'me')).rejects.toThrow(DeadLetterCutError)
  expect(world.sentBack).toEqual([])
  expect(world.kept.get('m1')?.sentBackAt).toBeUndefined()
})

test('one that could not be sent is not marked as sent', async () => {
  await deadLetters('{}', 'polls')
  world.ports.queue.sendBack = async () => {
    throw new Error('no queue')
  }
  await expect(sendBack(world.ports, 'm1', 'me')).rejects.toThrow('no queue')
  expect(world.kept.get('m1')?.sentBackAt).toBeUndefined()
})

test('a submission that is sent back twice, and found by the sweeper, is carried out once', async () => {
  world.post = () => []
  const { id } = await world.accept({})
  await deadLetters(JSON.stringify({ v: 1, runId: id }), 'submissions')
  expect(world.cloud.writes).toHaveLength(0)
  world.post = () => [0]
  await sendBack(world.ports, 'm1', 'me')
  await sendBack(world.ports, 'm1', 'me')
  await world.pass(5 * 60_000)
  expect(world.sentBack).toHaveLength(2)
  expect(world.get(id).state).toBe('succeeded')
  expect(world.cloud.writes).toHaveLength(1)
})
