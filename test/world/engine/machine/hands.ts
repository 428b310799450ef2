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
  received(message: Received, nowMs: number, untilMs: number): void
  /** The process is a new one: nobody has anything. */
  empty(): void
}

export function createHands(): Hands {
  const dueAt = new Map<string, number>()
  const heldUntil = new Map<string, number>()
  return {
    sent: (id, dueAtMs) => void dueAt.set(id, dueAtMs),
    received: ({ id, body, receives }, nowMs, untilMs) => {
      const { broken } = world().witness
      const [due = 0, until = 0] = [dueAt.get(id), heldUntil.get(id)]
      if (nowMs < due) broken('a message comes when it is due', `${body}, ${due - nowMs} ms early`, ...runIdsIn(body))
      // A dead letter keeps the id of its message.
      if (nowMs < until && receives > 1)
        broken('a message has one receiver at a time', `${body}, for ${until - nowMs} ms more`, ...runIdsIn(body))
      dueAt.delete(id)
      heldUntil.set(id, untilMs)
    },
    empty: () => heldUntil.clear(),
  }
}
