/** The maximum of SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const MAX_DELAY_SECONDS = 900

/** @throws {RangeError} if a delay is not 0 to 900 whole seconds, which is a bug */
export function checkDelay(delaySeconds: number): void {
  if (Number.isInteger(delaySeconds) && delaySeconds >= 0 && delaySeconds <= MAX_DELAY_SECONDS) return
  throw new RangeError(`send: a delay is 0 to ${MAX_DELAY_SECONDS} whole seconds, not ${delaySeconds}`)
}
