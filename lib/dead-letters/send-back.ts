import type { DeadLetter } from '../runs/dead-letter.ts'
import type { RecordPorts } from '../runs/ports.ts'

/** The letter is not whole any more. Nothing was sent. */
export class DeadLetterCutError extends Error {
  override readonly name = 'LetterCutError'
}

/**
 * Sends a dead letter back to the queue that gave it up. Again and again does no harm: the steps of a run happen once, and
 * an alarm starts one run.
 * @param by who sends it back
 * @returns the letter as it is now; undefined where there is none
 * @throws {DeadLetterCutError} where only a part of it was kept
 */
export async function sendBack(ports: RecordPorts, messageId: string, by: string): Promise<DeadLetter | undefined> {
  const deadLetter = await ports.store.getDeadLetter(messageId)
  if (!deadLetter) return undefined
  if (deadLetter.cutFromBytes !== undefined) {
    const kept = `it had ${deadLetter.cutFromBytes} bytes, more than can be kept`
    throw new DeadLetterCutError(
      `letter ${messageId} cannot be sent back: ${kept}; ask for the run anew with POST /runs`,
    )
  }
  await ports.queue.sendBack(deadLetter.from, deadLetter.body)
  ports.log('info', 'letter sent back', { messageId, from: deadLetter.from, by })
  const sent = { ...deadLetter, sentBackAt: new Date(ports.clock()).toISOString() }
  await ports.store.saveDeadLetter(sent)
  return sent
}
