import type { DeadLetter } from '../runs/dead-letter.ts'
import type { RecordPorts } from '../runs/ports.ts'

/** The letter is not whole any more. Nothing was sent. */
export class LetterCutError extends Error {
  override readonly name = 'LetterCutError'
}

/**
 * Sends a dead letter back to the queue that gave it up. Again and again does no harm: the steps of a run happen once, and
 * an alarm starts one run.
 * @param by who sends it back
 * @returns the letter as it is now; undefined where there is none
 * @throws {LetterCutError} where only a part of it was kept
 */
export async function sendBack(ports: RecordPorts, messageId: string, by: string): Promise<DeadLetter | undefined> {
  const letter = await ports.store.getLetter(messageId)
  if (!letter) return undefined
  if (letter.cutFromBytes !== undefined) {
    const kept = `it had ${letter.cutFromBytes} bytes, more than can be kept`
    throw new LetterCutError(`letter ${messageId} cannot be sent back: ${kept}; ask for the run anew with POST /runs`)
  }
  await ports.queue.sendBack(letter.from, letter.body)
  ports.log('info', 'letter sent back', { messageId, from: letter.from, by })
  const sent = { ...letter, sentBackAt: new Date(ports.clock()).toISOString() }
  await ports.store.saveLetter(sent)
  return sent
}
