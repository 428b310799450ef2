import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { jsonOf } from '../../basics/json-of.ts'
import { Result } from '../../runs/delivery.ts'

/** Asks the instance. @returns the JSON of a 200; undefined where it answers anything else */
export type Ask = (path: string) => Promise<unknown>

const Answer = z.object({ results: z.array(Result) })
const Deliveries = z.object({ deliveries: z.array(z.object({ createdAt: z.string(), results: z.array(Result) })) })
const RunView = z.object({ id: z.string(), operation: z.string(), state: z.string() })

/** For a record that was just written to show in the list; and for a run to get beyond the door. */
const SHOWS_MS = 2_000
const BEGINS_MS = 3_000
const AGAIN_MS = 200

/**
 * What became of each thing that a delivery told of: as it was answered; or, where its source wants an answer of another kind, as
 * it is recorded.
 * @param sinceMs nothing older is meant
 * @returns undefined where nobody says
 */
export async function resultsOf(
  answer: string,
  source: string,
  sinceMs: number,
  ask: Ask,
): Promise<Result[] | undefined> {
  const answered = Answer.safeParse(jsonOf(answer)).data
  if (answered) return answered.results
  for (const until = Date.now() + SHOWS_MS; Date.now() < until; await sleep(AGAIN_MS)) {
    const found = await ask(`/deliveries?source=${source}&limit=10`)
    if (found === undefined) return undefined
    const { deliveries } = Deliveries.safeParse(found).data ?? { deliveries: [] }
    const newest = deliveries.find(({ createdAt }) => Date.parse(createdAt) >= sinceMs)
    if (newest) return newest.results
  }
  return undefined
}

/** The run a moment after it was accepted. @returns undefined where the instance does not show it to us */
export async function runOf(id: string, ask: Ask): Promise<z.infer<typeof RunView> | undefined> {
  for (const until = Date.now() + BEGINS_MS; ; await sleep(AGAIN_MS)) {
    const run = RunView.safeParse(await ask(`/runs/${id}`)).data
    const isAtDoor = run?.state === 'queued' || run?.state === 'submitting'
    if (!isAtDoor || Date.now() > until) return run
  }
}
