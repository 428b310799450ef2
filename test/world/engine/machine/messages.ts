import type { LocalQueueName } from '../../../../lib/local/sqlite/queue.ts'
import { type Letter, type Queue, type Queues, runIdsIn } from '../queues.ts'
import type { QueueSettings } from '../template.ts'
import type { Raw } from './watch.ts'

/** What the queues of the template are called on one machine. */
const NAMES: Readonly<Record<string, LocalQueueName>> = {
  SubmissionsQueue: 'submissions',
  PollsQueue: 'polls',
  AlarmsQueue: 'alarms',
  SubmissionsDeadLetters: 'submissions-dead-letters',
  PollsDeadLetters: 'polls-dead-letters',
  AlarmDeadLetters: 'alarms-dead-letters',
}

function localName(address: string): LocalQueueName {
  const name = NAMES[address]
  if (!name) throw new Error(`there is no queue ${address} on one machine`)
  return name
}

/** The queues in the file, for those who judge, and for whoever puts something in. */
export function createMessages(
  settings: ReadonlyMap<string, QueueSettings>,
  raw: () => Raw | undefined,
  put: (queue: LocalQueueName, body: string) => void,
): Queues {
  const all = new Map([...settings].map(([name, one]) => [name, queueIn(raw, name, one)]))
  return {
    all,
    sent: 0,
    send: () => Promise.reject(new Error('there is no SQS in this world')),
    sendBatch: () => Promise.reject(new Error('there is no SQS in this world')),
    post: (name, body) => put(localName(name), body),
    purge: () => {},
  }
}

function queueIn(raw: () => Raw | undefined, name: string, settings: QueueSettings): Queue {
  const local = localName(name)
  return {
    name,
    settings,
    onVisible: () => {},
    get letters() {
      return (raw()?.all('SELECT * FROM messages WHERE queue = ? ORDER BY rowid', local) ?? []).map(letterOf)
    },
  }
}

function letterOf(row: Record<string, unknown>): Letter {
  const {
    id,
    body,
    created_at: sentAt,
    visible_at: visibleAt,
    receive_count: receives,
  } = row as {
    id: string
    body: string
    created_at: number
    visible_at: number
    receive_count: number
  } // of the table
  return { id, body, runIds: runIdsIn(body), lineage: {}, sentAt, visibleAt, receives }
}
