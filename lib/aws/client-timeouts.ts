/**
 * For the clients of services that answer in milliseconds: one connection that hangs must not hold a whole batch until
 * Lambda ends the function.
 */
export const CLIENT_TIMEOUTS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
}
