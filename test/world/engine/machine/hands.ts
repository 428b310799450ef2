import { world } from '../current.ts'
import { runIdsIn } from '../queues.ts'

interface Received {
  id: string
  body: string
  receives: number
}

/** What queues promise to those who read them: each message when it is due, and to one at a time. */
export interface Hands {
  sent(id: string, dueAtMs: number): void
  /** By the clock of the machine, as all times here (epoch ms). */
  received(queue: string, message: Received, nowMs: number, untilMs: number): void
  removed(id: string): void
  /** The process is a new one: nobody has anything. */
  empty(): void
}

interface Held {
  queue: string
  message: Received
  untilMs: number
}

export function createHands(): Hands {
  const dueAt = new Map<string, number>()
  const held = new Map<string, Held>()
  return {
    sent: (id, dueAtMs) => void dueAt.set(id, dueAtMs),
    received: (queue, message, nowMs, untilMs) => {
      const { broken } = world().witness
      const { id, body } = message
      const [due = 0, before] = [dueAt.get(id), held.get(id)]
      if (nowMs < due) broken('a message comes when it is due', `${body}, ${due - nowMs} ms early`, ...runIdsIn(body))
      // A dead letter keeps the id of its message.
      const isElsewhere = before?.queue === queue && nowMs < before.untilMs
      if (isElsewhere)
        broken(
          'a message has one receiver at a time',
          `${body}, for ${before.untilMs - nowMs} ms more`,
          ...runIdsIn(body),
        )
      dueAt.delete(id)
      held.set(id, { queue, message, untilMs })
    },
    removed: (id) => {
      const { queue, message } = held.get(id) ?? {}
      held.delete(id)
      if (message) world().witness.deleted(`${queue}/${id}/${message.receives}`, runIdsIn(message.body))
    },
    empty: () => held.clear(),
  }
}
