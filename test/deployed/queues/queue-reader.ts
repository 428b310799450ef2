import { type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'

// The longest that SQS lets one receive call wait.
const LONG_POLL_SECONDS = 20
// Between tries when the queue does not answer.
const RETRY_MS = 1000

/** Receives up to `max` (1 to 10) messages with all their attributes. Gives none when `signal` fires. */
export async function receiveMessages(
  sqs: SQSClient,
  url: string,
  { max, signal }: { max: number; signal: AbortSignal },
): Promise<Message[]> {
  if (signal.aborted) return []
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: max,
    WaitTimeSeconds: LONG_POLL_SECONDS,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  })
  try {
    const { Messages = [] } = await sqs.send(command, { abortSignal: signal })
    return Messages
  } catch (error) {
    if (signal.aborted) return []
    throw error
  }
}

/** Runs `turn` again and again until `signal` fires; a turn that fails is reported and repeated after a second. */
export async function repeatUntil(
  signal: AbortSignal,
  turn: () => Promise<void>,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await turn()
    } catch (error) {
      onError(error)
      await pause(RETRY_MS, signal)
    }
  }
}

/** Resolves after `ms`, or at once when `signal` fires. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    if (signal.aborted) done()
    else signal.addEventListener('abort', done)
  })
}
