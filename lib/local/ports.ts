import { withBreaker } from '../cloud/breaker.ts'
import { createCall } from '../cloud/call.ts'
import type { FindProvider } from '../cloud/provider.ts'
import { createSend, MANY_CONNECTIONS } from '../cloud/send.ts'
import { withSharedReads } from '../cloud/shared-reads.ts'
import { createShow } from '../cloud/show.ts'
import type { CloudEvent } from '../notify/cloud-event.ts'
import { type EventOrigin, eventPublisher, runEndedEvent } from '../notify/events.ts'
import { locationCheck } from '../runs/accept/location-check.ts'
import type { PlanPorts } from '../runs/plan/show-requests.ts'
import type { Log, Publisher, Queue } from '../runs/ports.ts'
import type { Database } from './sqlite/database.ts'
import { type Outcomes, sqliteOutcomes } from './sqlite/outcomes.ts'
import type { LocalQueue, LocalQueueName } from './sqlite/queue.ts'
import { sqliteStore } from './sqlite/store.ts'
import type { Time } from './time.ts'

interface Notifying {
  origin: EventOrigin
  /** Called for each notification, and again where a crash left it open whether it was called. */
  onNotified: (event: CloudEvent) => void
}

export interface LocalParts extends Notifying {
  database: Database
  queue: LocalQueue
  /** Called when a message was sent to a queue. */
  wake: (queue: LocalQueueName) => void
  provider: FindProvider
  time: Time
  log: Log
}

export type LocalPorts = PlanPorts & {
  /** Ends the connections to the clouds. */
  close(): Promise<void>
}

/** The ports of runs on one machine: one database file, and the clouds. */
export function localPorts({ database, queue, wake, provider, time, log, ...notifying }: LocalParts): LocalPorts {
  const { clock } = time
  const outcomes = sqliteOutcomes(database)
  const send = createSend(MANY_CONNECTIONS)
  const call = createCall({ send, provider, nowMs: clock, random: Math.random, sleep: (ms) => time.sleep(ms) })
  return {
    store: sqliteStore(database, (run) => outcomes.keep(runEndedEvent(run, notifying.origin))),
    queue: wakingQueue(queue, wake),
    publisher: localPublisher(database, outcomes, notifying),
    clock,
    random: Math.random,
    log,
    call: withSharedReads(withBreaker(call, clock), clock),
    show: createShow({ provider, nowMs: clock }),
    checkLocation: locationCheck(provider, undefined, clock),
    close: () => send.close(),
  }
}

function wakingQueue(queue: LocalQueue, wake: LocalParts['wake']): Queue {
  return {
    send: async (to, message, delaySeconds) => {
      await queue.send(to, message, delaySeconds)
      wake(to)
    },
    sendAll: async (to, messages) => {
      const left = await queue.sendAll(to, messages)
      wake(to)
      return left
    },
    sendBack: async (to, body) => {
      await queue.sendBack(to, body)
      wake(to)
    },
  }
}

/** Keeps each notification. The one of a run's end was written together with that end already. */
function localPublisher(database: Database, outcomes: Outcomes, { origin, onNotified }: Notifying): Publisher {
  return eventPublisher(origin, async (event) => {
    await database.write('keep outcome', () => outcomes.keep(event))
    onNotified(event)
  })
}
