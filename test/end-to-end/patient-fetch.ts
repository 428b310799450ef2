import { setTimeout as sleep } from 'node:timers/promises'

/** What the gateway says where a function did not start, or did not answer in time: on a busy machine both happen. */
const GATEWAY_FAILURES = [500, 502, 503, 504]

/** A request that is sent again as it is while the gateway fails, as senders do. The test's own limit ends it. */
export async function patientFetch(url: string, init: RequestInit = {}): Promise<Response> {
  for (;;) {
    const response = await fetch(url, init)
    if (!GATEWAY_FAILURES.includes(response.status)) return response
    await sleep(500)
  }
}
