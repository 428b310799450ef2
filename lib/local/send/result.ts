import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { jsonOf } from '../../basics/json-of.ts'
import { ResultView } from '../../deliveries/delivery.ts'

/** Reads a path of the instance. @returns the JSON of a 200; undefined for any other answer */
export type Ask = (path: string) => Promise<unknown>

const Answer = z.object({ results: z.array(ResultView) })
const Deliveries = z.object({ deliveries: z.array(z.object({ createdAt: z.string(), results: z.array(ResultView) })) })
const RunView = z.object({ id: z.string(), operation: z.string(), state: z.string() })

/** A new record shows in the list within this time, and a new run is submitted within the other. */
const MAX_LISTING_MS = 2_000
const MAX_SUBMITTING_MS = 3_000
const POLL_MS = 200

export interface Sent {
  source: string
  /** No older delivery is meant (epoch ms). */
  sinceMs: number
  ask: Ask
}

/**
 * The results of a delivery: from its answer, or from its record where the source requires another kind of answer.
 * @returns undefined where neither shows them
 */
export async function resultsOf(answer: string, { source, sinceMs, ask }: Sent): Promise<ResultView[] | undefined> {
  const answered = Answer.safeParse(jsonOf(answer)).data
  if (answered) return answered.results
  for (const until = Date.now() + MAX_LISTING_MS; Date.now() < until; await sleep(POLL_MS)) {
    const found = await ask(`/deliveries?source=${source}&limit=10`)
    if (found === undefined) return undefined
    const { deliveries } = Deliveries.safeParse(found).data ?? { deliveries: [] }
    const newest = deliveries.find(({ createdAt }) => Date.parse(createdAt) >= sinceMs)
    if (newest) return newest.results
  }
  return undefined
}

/** The run once it is submitted, or after 3 s. @returns undefined where the instance does not show it */
export async function runOf(id: string, ask: Ask): Promise<z.infer<typeof RunView> | undefined> {
  for (const until = Date.now() + MAX_SUBMITTING_MS; ; await sleep(POLL_MS)) {
    const run = RunView.safeParse(await ask(`/runs/${id}`)).data
    const isWaiting = run?.state === 'queued' || run?.state === 'submitting'
    if (!isWaiting || Date.now() > until) return run
  }
}
