import type { DeadLetter } from '../runs/dead-letter.ts'
import type { RecordPorts } from '../runs/ports.ts'

/** The body of the dead letter is cut. Nothing was sent. */
export class DeadLetterCutError extends Error {
  override readonly name = 'DeadLetterCutError'
}

/**
 * Sends a dead letter back to the queue that gave it up. Repeats do no harm: each step of a run happens once, and an alarm
 * starts one run.
 * @param by the person who sends it back
 * @returns the dead letter as it is now; undefined if there is none
 * @throws {DeadLetterCutError} if only a part of it was kept
 */
export async function sendBack(ports: RecordPorts, messageId: string, by: string): Promise<DeadLetter | undefined> {
  const deadLetter = await ports.store.getDeadLetter(messageId)
  if (!deadLetter) return undefined
  if (deadLetter.cutFromBytes !== undefined) {
    const size = `it had ${deadLetter.cutFromBytes} bytes, more than can be kept`
    throw new DeadLetterCutError(
      `dead letter ${messageId} cannot be sent back: ${size}; request a new run with POST /runs`,
    )
  }
  await ports.queue.sendBack(deadLetter.from, deadLetter.body)
  ports.log('info', 'dead letter sent back', { messageId, from: deadLetter.from, by })
  const sent = { ...deadLetter, sentBackAt: new Date(ports.clock()).toISOString() }
  await ports.store.saveDeadLetter(sent)
  return sent
}
