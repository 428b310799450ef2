/** An HTTP API waits 30 s, the function has 29; the rest is for the answer. */
const MAX_WAIT_SECONDS = 25

/**
 * How long the caller would like to wait (RFC 7240, 4.3), in whole seconds; 0 = not at all. What is malformed is ignored,
 * and so is all but the first `wait`.
 */
export function waitSecondsOf(prefer: string | undefined): number {
  // Quoted values may hold commas; no number is lost by taking one that is quoted as it is.
  const plain = prefer?.replaceAll(/"([^"]*)"/g, (_, text: string) => (/^\d+$/.test(text) ? text : '?')) ?? ''
  const preferences = plain.split(',').map((one) => (one.split(';')[0] ?? '').split('=').map((part) => part.trim()))
  const [, value = ''] = preferences.find(([name]) => name?.toLowerCase() === 'wait') ?? []
  return /^\d{1,9}$/.test(value) ? Math.min(MAX_WAIT_SECONDS, Number(value)) : 0
}
