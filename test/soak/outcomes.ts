import * as z from 'zod'

/** What people were told, by run: the states that the events of its end named, repeats too. */
export interface Outcomes {
  /** In lines of the log. */
  told: Map<string, string[]>
  /** In the database: once each. */
  kept: Map<string, string[]>
  /** Events whose id is not `<run>/<state>`. */
  misnamed: string[]
  /** Events of anything else than the end of a run, such as a message that was given up, by type. */
  others: string[]
}

const Event = z.object({ id: z.string(), type: z.string(), data: z.looseObject({ id: z.string().optional() }) })
export type Event = z.infer<typeof Event>

const Told = z.object({ message: z.literal('notified'), event: Event })

/** @returns what people are told by a line of the log; undefined where it is another, or torn by a kill */
export function eventIn(line: string): Event | undefined {
  if (!line.includes('"message":"notified"')) return undefined
  try {
    return Told.parse(JSON.parse(line)).event
  } catch {
    return undefined
  }
}

/** @param records of the table, as they stand there */
export function outcomesOf(told: Event[], records: string[]): Outcomes {
  const kept = records.map((record) => Event.parse(JSON.parse(record)))
  const [toldEnds, keptEnds] = [endsIn(told), endsIn(kept)]
  return {
    told: statesByRun(toldEnds),
    kept: statesByRun(keptEnds),
    misnamed: [...toldEnds, ...keptEnds].flatMap(({ id, run, state }) =>
      id === `${run}/${state}` ? [] : [`${id} tells of ${run}/${state}`],
    ),
    others: told.filter((event) => !isEnd(event)).map(({ type }) => type),
  }
}

const ENDED = 'dev.steadyhand.run.'

interface End {
  id: string
  run: string
  state: string
}

function endsIn(events: Event[]): End[] {
  return events.filter(isEnd).map(({ id, type, data }) => ({ id, run: data.id ?? '', state: type.slice(ENDED.length) }))
}

function isEnd({ type }: Event): boolean {
  return type.startsWith(ENDED)
}

function statesByRun(ends: End[]): Map<string, string[]> {
  return new Map([...Map.groupBy(ends, ({ run }) => run)].map(([run, all]) => [run, all.map(({ state }) => state)]))
}
