import { Pool } from 'undici'
import { cpuMs } from '../../soak/process-group.ts'

/** A request of a load. */
export interface LoadRequest {
  path: string
  headers: Record<string, string>
  body: string
}

/** What a load took. */
export interface LoadFigures {
  /** From the request to its whole answer (ms). */
  p50: number
  p99: number
  /** Of the product's processes, for each request (ms). */
  cpu: number
  /** Answers that were no 2xx. */
  failed: number
}

/**
 * Sends all requests by so many senders, each of which sends the next when its last is answered.
 * @param group of the product's processes
 */
export async function load(url: string, group: number, requests: LoadRequest[], senders: number): Promise<LoadFigures> {
  const pool = new Pool(url, { connections: senders, pipelining: 1 })
  const tookMs: number[] = []
  let [next, failed] = [0, 0]
  const sender = async (): Promise<void> => {
    for (let one = requests[next++]; one; one = requests[next++]) {
      const sentAt = performance.now()
      const { statusCode, body } = await pool.request({ ...one, method: 'POST' })
      await body.dump()
      tookMs.push(performance.now() - sentAt)
      if (statusCode >= 300) failed++
    }
  }
  const cpuBefore = cpuMs(group)
  try {
    await Promise.all(Array.from({ length: senders }, sender))
  } finally {
    await pool.close()
  }
  const sorted = tookMs.sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return {
    p50: at(0.5),
    p99: at(0.99),
    cpu: (cpuMs(group) - cpuBefore) / requests.length,
    failed,
  }
}
