import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

/** What `outcomes.jsonl` has. */
export interface Outcomes {
  /** Of each run, the state that each of its deliveries told. */
  told: Map<string, string[]>
  /** Deliveries whose event id is not `<run>/<state>`. */
  misnamed: string[]
  /** `steadyhand.message.buried`: a queue gave a message up. */
  buried: number
  /** Lines that cannot be read. */
  torn: number
}

const Line = z.object({ message: z.string() })
const Event = z.object({ id: z.string(), type: z.string(), data: z.looseObject({ id: z.string().optional() }) })

const ENDED = 'steadyhand.run.'

export function readOutcomes(dataDir: string): Outcomes {
  const outcomes: Outcomes = { told: new Map(), misnamed: [], buried: 0, torn: 0 }
  for (const text of linesOf(join(dataDir, 'outcomes.jsonl'))) {
    const event = eventOf(text)
    if (event === undefined) outcomes.torn++
    else if (event.data.id !== undefined && event.type.startsWith(ENDED)) {
      const [run, state] = [event.data.id, event.type.slice(ENDED.length)]
      if (event.id !== `${run}/${state}`) outcomes.misnamed.push(`${event.id} tells of ${run}/${state}`)
      outcomes.told.set(run, [...(outcomes.told.get(run) ?? []), state])
    } else outcomes.buried++
  }
  return outcomes
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}

function eventOf(text: string): z.infer<typeof Event> | undefined {
  try {
    return Event.parse(JSON.parse(Line.parse(JSON.parse(text)).message))
  } catch {
    return undefined
  }
}
