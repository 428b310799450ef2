import * as z from 'zod'

/** Any error of the AWS SDK, told by its shape: who takes requests in knows no SDK. */
const SdkError = z.object({
  name: z.string().catch(''),
  code: z.string().optional().catch(undefined),
  $fault: z.string().optional().catch(undefined),
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional().catch(undefined),
})

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html, and of SQS and SNS alike. */
const PASSING = new Set([
  ...['ThrottlingException', 'Throttling', 'ThrottledException', 'TooManyRequestsException', 'RequestThrottled'],
  ...['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'LimitExceededException'],
  ...['TransactionInProgressException', 'InternalServerError', 'ServiceUnavailable', 'ServiceUnavailableException'],
  // Of the SDK's own HTTP client.
  ...['TimeoutError', 'RequestTimeout', 'RequestTimeoutException'],
])

/** Of the connection (https://nodejs.org/api/errors.html#common-system-errors), and of the name service. */
const NETWORK = /^(ECONN[A-Z]+|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND)$/

/** Whether a service of AWS is overloaded, or was not reached: the same request may succeed in a moment. */
export function isOverload(error: unknown): boolean {
  const { name, code, $fault, $metadata } = SdkError.safeParse(error).data ?? {}
  if (PASSING.has(name ?? '') || NETWORK.test(code ?? '') || NETWORK.test(name ?? '')) return true
  return $fault === 'server' || ($metadata?.httpStatusCode ?? 0) >= 500
}
