import type { Message, QueueName } from './messages.ts'
import type { RecordPorts } from './ports.ts'
import type { Run } from './run.ts'
import { clampDelay } from './schedule.ts'
import { isFinal, rulesOf } from './states.ts'

/** The message that brings a run on from the state in which it is; undefined once it has ended. */
export function nextMessage({ id, state, step }: Run): { queue: QueueName; message: Message } | undefined {
  if (isFinal(state)) return undefined
  const queue = rulesOf(state).goesOnBy
  return { queue, message: queue === 'polls' ? { v: 1, runId: id, step } : { v: 1, runId: id } }
}

/** Enqueues it. A longer delay than SQS takes is waited for in several hops: who receives it early sends it on. */
export async function enqueue(ports: Pick<RecordPorts, 'queue'>, run: Run, delaySeconds: number): Promise<void> {
  const next = nextMessage(run)
  if (next) await ports.queue.send(next.queue, next.message, clampDelay(delaySeconds))
}

/** Sends a message on that came before its time. */
export async function hop(ports: Pick<RecordPorts, 'queue'>, run: Run, nowMs: number): Promise<void> {
  await enqueue(ports, run, (Date.parse(run.nextAt) - nowMs) / 1000)
}
