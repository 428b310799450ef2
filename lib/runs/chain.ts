import type { Message, QueueName } from './messages.ts'
import type { RecordPorts } from './ports.ts'
import type { Run } from './run.ts'
import { clampDelay, needsRequeue } from './schedule.ts'
import { isFinal, rulesOf } from './states.ts'

/** The message that continues the run from its present state; undefined once it has ended. */
export function nextMessage({ id, state, step }: Run): { queue: QueueName; message: Message } | undefined {
  if (isFinal(state)) return undefined
  const queue = rulesOf(state).queue
  return { queue, message: queue === 'polls' ? { v: 1, runId: id, step } : { v: 1, runId: id } }
}

/** Enqueues that message. A delay longer than SQS takes needs several messages: a worker that gets one early requeues it. */
export async function enqueue(ports: Pick<RecordPorts, 'queue'>, run: Run, delaySeconds: number): Promise<void> {
  const next = nextMessage(run)
  if (next) await ports.queue.send(next.queue, next.message, clampDelay(delaySeconds))
}

/**
 * Requeues a message that came early, if its wait needs several messages. Any other is a copy and is dropped, for the run's own
 * message is on its way and copies would circulate as long as the run lives.
 */
export async function requeueOrDrop(ports: Pick<RecordPorts, 'queue'>, run: Run, nowMs: number): Promise<void> {
  if (needsRequeue(run)) await enqueue(ports, run, (Date.parse(run.nextAt) - nowMs) / 1000)
}
