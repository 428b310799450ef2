import type { GivenUp } from '../runs/dead-letter.ts'
import { type MessageOf, type QueueName, readMessage } from '../runs/messages.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { keepDeadLetter } from './keep.ts'

/** A message as its queue delivers it. */
export type Delivered = Omit<GivenUp, 'from'>

/**
 * Handles one message of one of our queues. What is no message of this release is buried at once: another try would not
 * read it either, and the sweeper brings its run on by a message of this release. A failure to bury it brings it back.
 */
export async function take<Name extends QueueName>(
  ports: RecordPorts,
  from: Name,
  delivered: Delivered,
  handle: (message: MessageOf<Name>) => Promise<void>,
): Promise<void> {
  const message = readMessage(from, delivered.body)
  await (message ? handle(message) : keepDeadLetter(ports, { ...delivered, from }))
}
