import { expect, test } from 'vitest'
import { eventIn } from './outcomes.ts'

const EVENT = { id: 'run_1/succeeded', type: 'dev.steadyhand.run.succeeded', data: { id: 'run_1' } }

test('a line of the log has the event that was notified', () => {
  expect(eventIn(JSON.stringify({ level: 'info', message: 'notified', event: EVENT }))).toEqual(EVENT)
})

test.for([
  JSON.stringify({ level: 'info', message: 'run ended' }),
  JSON.stringify({ message: 'notified', event: EVENT }).slice(0, -5),
  '',
])('none is in %j', (line) => {
  expect(eventIn(line)).toBeUndefined()
})
