import { buildApp } from 'fauxqs'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const MAX_DELAY_SECONDS = 900

/** SendMessage and SendMessageBatch. */
interface Sent {
  DelaySeconds?: number
  Entries?: Sent[]
}

/**
 * SQS and SNS in memory: fauxqs, behind what it does not refuse and AWS does.
 * @param speed messages are delayed for so many times less than they ask for
 */
export async function startQueues(speed = 1): Promise<{ origin: string; close(): Promise<void> }> {
  // Not its startFauxqs: that one listens on all interfaces.
  const app = buildApp({ logger: false })
  app.addHook('preHandler', async ({ body }, reply) => {
    const delayed = delayedIn(body as Sent | undefined) // JSON, or a form that has neither
    const wrong = delayed.find(({ DelaySeconds }) => !isDelay(DelaySeconds))
    if (wrong) {
      // Of a batch, AWS refuses the entry alone. Batches of ours delay nothing.
      reply.code(400).header('x-amzn-query-error', 'InvalidParameterValue;Sender')
      return reply.send({ __type: 'com.amazonaws.sqs#InvalidParameterValue', message: messageOf(wrong) })
    }
    for (const one of delayed) one.DelaySeconds = Number(one.DelaySeconds) / speed
  })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  return { origin, close: () => app.close() }
}

function delayedIn(sent: Sent | undefined): Sent[] {
  return [sent, ...(sent?.Entries ?? [])].flatMap((one) => (one?.DelaySeconds === undefined ? [] : [one]))
}

function isDelay(seconds: number | undefined): boolean {
  return Number.isInteger(seconds) && Number(seconds) >= 0 && Number(seconds) <= MAX_DELAY_SECONDS
}

function messageOf({ DelaySeconds }: Sent): string {
  return `Value ${DelaySeconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= ${MAX_DELAY_SECONDS}.`
}
