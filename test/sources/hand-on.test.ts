import { expect, test } from 'vitest'
import type { Alarm } from '../../lib/sources/alarm.ts'
import { handOn } from '../../lib/sources/hand-on.ts'
import { createWorld } from '../world/world.ts'

const ALARM: Alarm = {
  ...{ source: 'cloudwatch', identity: 'a', name: 'slow', account: '', region: '', reason: '', status: 'firing' },
  ...{ dimensions: {}, tags: {}, occurredAt: '2026-01-01T00:00:00.000Z', dedupeKey: 'd' },
}
/** 25 messages of 25. */
const ALARMS: Alarm[] = Array.from({ length: 625 }, () => ALARM)

test.for([
  ['all succeed', undefined, 25],
  ['one of the first ten fails', 3, 10],
  ['one of the second ten fails', 13, 20],
] as const)('if %s, so many messages are sent', async ([, failing, expected]) => {
  const world = createWorld()
  let sent = 0
  world.hook = (port, when) => {
    if (port === 'sendBack' && when === 'before' && ++sent === failing) throw new Error('throttled')
  }
  const handing = handOn(world.ports, { source: 'cloudwatch', delivery: 'd' }, ALARMS)
  await (failing ? expect(handing).rejects.toThrow('throttled') : handing)
  expect(sent).toBe(expected)
})
