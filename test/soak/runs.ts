import * as z from 'zod'
import { isFinal, State } from '../../lib/runs/states.ts'
import { ask } from './ask.ts'

/** A run as `GET /runs` shows it, as far as the soak looks at it. */
const SeenRun = z.object({
  id: z.string(),
  operation: z.string(),
  target: z.looseObject({ instanceId: z.string().optional(), clusterId: z.string().optional() }),
  state: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  outcome: z.object({ summary: z.string() }).optional(),
})
export type SeenRun = z.infer<typeof SeenRun>

const Page = z.object({ runs: z.array(SeenRun), cursor: z.string().optional() })

/** All runs that the product knows; nothing if it does not answer. */
export async function listRuns(url: string): Promise<SeenRun[] | undefined> {
  const runs = new Map<string, SeenRun>()
  let cursor: string | undefined
  do {
    const answer = await ask(
      `${url}/runs?limit=100${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    if (answer?.status !== 200) return undefined
    const page = Page.parse(JSON.parse(answer.text))
    for (const run of page.runs) runs.set(run.id, run)
    cursor = page.cursor
  } while (cursor !== undefined)
  return [...runs.values()]
}

/** Whether none is live; false if the product does not answer. Far less work for it than a list of all. */
export async function isAllEnded(url: string): Promise<boolean> {
  const answer = await ask(`${url}/runs?limit=1&state=${LIVE_STATES.join(',')}`)
  return answer?.status === 200 && Page.parse(JSON.parse(answer.text)).runs.length === 0
}

const LIVE_STATES = State.options.filter((state) => !isFinal(state))

export function hasEnded({ outcome }: SeenRun): boolean {
  return outcome !== undefined
}

export function resourceOf({ target }: SeenRun): string {
  return target.instanceId ?? target.clusterId ?? ''
}
