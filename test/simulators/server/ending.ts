/** Much longer than a loopback answer takes; only for requests that get none. */
export const HANG_MS = 300

/** Requests end long before, even on a busy machine. */
const PATIENCE_MS = 15_000

/**
 * How a request ends for the client: the status and code of its answer, or that none came.
 * @param codeIn finds the code in parsed JSON
 */
export function endingBy(codeIn: (body: unknown) => string) {
  const verdictIn = (text: string): string => {
    if (text.length > 20_000_000) return 'huge'
    try {
      return codeIn(JSON.parse(text))
    } catch {
      return text === '' ? 'empty' : 'not JSON'
    }
  }
  return async (sending: (signal: AbortSignal) => Promise<Response>, patienceMs = PATIENCE_MS): Promise<unknown> => {
    const signal = AbortSignal.timeout(patienceMs)
    try {
      const response = await sending(signal)
      return [response.status, verdictIn(await response.text())]
    } catch (error) {
      return signal.aborted ? 'no answer' : error instanceof Error ? 'broken off' : error
    }
  }
}
