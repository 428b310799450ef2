/**
 * Time-outs of clients whose services answer in milliseconds: a hanging connection must not hold a whole batch until Lambda
 * ends the function.
 */
export const CLIENT_TIMEOUTS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
}
