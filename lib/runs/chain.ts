import type { Message, QueueName } from './messages.ts'
import type { RecordPorts } from './ports.ts'
import type { Run } from './run.ts'
import { clampDelay, takesHops } from './schedule.ts'
import { isFinal, rulesOf } from './states.ts'

/** The message that brings a run on from the state in which it is; undefined once it has ended. */
export function nextMessage({ id, state, step }: Run): { queue: QueueName; message: Message } | undefined {
  if (isFinal(state)) return undefined
  const queue = rulesOf(state).queue
  return { queue, message: queue === 'polls' ? { v: 1, runId: id, step } : { v: 1, runId: id } }
}

/** Enqueues it. A longer delay than SQS takes is waited for in several hops: who receives it early sends it on. */
export async function enqueue(ports: Pick<RecordPorts, 'queue'>, run: Run, delaySeconds: number): Promise<void> {
  const next = nextMessage(run)
  if (next) await ports.queue.send(next.queue, next.message, clampDelay(delaySeconds))
}

/**
 * What becomes of a message that came before its time: it is sent on where the wait takes several hops. Else it is a copy, and
 * is dropped, or copies would go on for as long as the run does: the run's own message is on its way.
 */
export async function requeueOrDrop(ports: Pick<RecordPorts, 'queue'>, run: Run, nowMs: number): Promise<void> {
  if (takesHops(run)) await enqueue(ports, run, (Date.parse(run.nextAt) - nowMs) / 1000)
}
