import { keepDeadLetter } from '../dead-letters/keep.ts'
import { take } from '../dead-letters/take.ts'
import type { Sender } from '../runs/dead-letter.ts'
import type { Ports } from '../runs/ports.ts'
import { submit } from '../runs/submit/submit.ts'
import { poll } from '../runs/track/poll.ts'
import type { AlarmReceiver } from '../sources/alarm-events.ts'
import { deadLettersOf } from './sqlite/queue.ts'
import type { Reader } from './workers.ts'

const SENDERS: readonly Sender[] = ['submissions', 'polls', 'alarms']

/**
 * The reader of each queue. Time-outs and messages at once are those of the functions on AWS (`serverless.yml`), but for polls:
 * all share the connections of one process, and more at once would wait for each other.
 */
export function readersOf(ports: Ports, alarms: AlarmReceiver): Reader[] {
  return [
    {
      ...{ queue: 'submissions', atOnce: 50, timeoutMs: 30_000, visibilityMs: 180_000 },
      handle: (delivered, deadlineAtMs) =>
        take(ports, { from: 'submissions', ...delivered }, (message) => submit(ports, message, deadlineAtMs)),
    },
    {
      ...{ queue: 'polls', atOnce: 200, timeoutMs: 20_000, visibilityMs: 121_000 },
      handle: (delivered, deadlineAtMs) =>
        take(ports, { from: 'polls', ...delivered }, (message) => poll(ports, message, deadlineAtMs)),
    },
    { ...{ queue: 'alarms', atOnce: 10, timeoutMs: 15_000, visibilityMs: 90_000 }, handle: alarms.take },
    ...SENDERS.map((from): Reader => {
      const queue = deadLettersOf(from)
      return {
        ...{ queue, atOnce: 5, timeoutMs: 30_000, visibilityMs: 180_000 },
        handle: (delivered) => keepDeadLetter(ports, { ...delivered, from }),
      }
    }),
  ]
}
