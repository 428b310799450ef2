import type { GivenUp } from '../runs/dead-letter.ts'
import { type MessageOf, type QueueName, readMessage } from '../runs/messages.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { keepDeadLetter } from './keep.ts'

/** A message as its queue delivers it. */
export type Delivered = Omit<GivenUp, 'from'>

/**
 * Handles one message of one of our queues. A message that this release cannot read becomes a dead letter at once: another try
 * would not read it either, and the sweeper continues its run with a message of this release. If that fails, the message comes
 * back.
 */
export function take<Name extends QueueName>(
  ports: RecordPorts,
  delivered: Delivered & { from: Name },
  handle: (message: MessageOf<Name>) => Promise<void>,
): Promise<void> {
  const message = readMessage(delivered.from, delivered.body)
  return message ? handle(message) : keepDeadLetter(ports, delivered)
}
