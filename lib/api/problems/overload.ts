import * as z from 'zod'

/** An error of the AWS SDK, recognised by its shape: the API does not load the SDK. */
const SdkError = z.object({
  name: z.string().catch(''),
  code: z.string().optional().catch(undefined),
  $fault: z.string().optional().catch(undefined),
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional().catch(undefined),
})

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html, and of SQS and SNS alike. */
const OVERLOAD_CODES = new Set([
  ...['ThrottlingException', 'Throttling', 'ThrottledException', 'TooManyRequestsException', 'RequestThrottled'],
  ...['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'LimitExceededException'],
  ...['TransactionInProgressException', 'InternalServerError', 'ServiceUnavailable', 'ServiceUnavailableException'],
  // Raised by the SDK's HTTP client.
  ...['TimeoutError', 'RequestTimeout', 'RequestTimeoutException'],
])

/** Codes of connections (https://nodejs.org/api/errors.html#common-system-errors) and of name lookups. */
const NETWORK_CODES = /^(ECONN[A-Z]+|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND)$/

/** Whether an AWS service is overloaded or unreachable: the same request may succeed in a moment. */
export function isOverload(error: unknown): boolean {
  const { name, code, $fault, $metadata } = SdkError.safeParse(error).data ?? {}
  if (OVERLOAD_CODES.has(name ?? '') || NETWORK_CODES.test(code ?? '') || NETWORK_CODES.test(name ?? '')) return true
  return $fault === 'server' || ($metadata?.httpStatusCode ?? 0) >= 500
}
