import type { Line } from '../engine/log.ts'
import type { Kind } from './nature.ts'
import type { Subject } from './simulate.ts'
import type { Made } from './stage.ts'
import { type Story, tell } from './story.ts'

/** The same break with as little as possible going wrong. */
export interface Shortened {
  faultsLeft: string[]
  wishesLeft: number
  violation: Story['violations'][number]
  lines: Line[]
  /** How many worlds it took. */
  worlds: number
}

const MAX_WORLDS = 300

/** Switches kinds of faults off, then requests, as long as the same promise is broken. */
export async function shorten(seed: number, property: string, kind: Kind, subject: Subject): Promise<Shortened> {
  let worlds = 0
  const faultsOff = new Set<string>()
  const wishesOff = new Set<number>()
  // A world of contention takes as long as a hundred others.
  const most = kind.contention ? MAX_WORLDS / 10 : MAX_WORLDS
  const breaks = async (log = false): Promise<Story | undefined> => {
    worlds++
    const story = await tell(seed, subject, { ...kind, faultsOff, wishesOff, log })
    return story.violations.some((one) => one.property === property) ? story : undefined
  }
  /** Leaves out what it can: all at once, or else by halves. */
  const without = async <Item>(off: Set<Item>, items: readonly Item[]): Promise<void> => {
    if (worlds >= most || items.length === 0) return
    for (const item of items) off.add(item)
    if (await breaks()) return
    for (const item of items) off.delete(item)
    if (items.length === 1) return
    const middle = Math.ceil(items.length / 2)
    await without(off, items.slice(0, middle))
    await without(off, items.slice(middle))
  }
  const first = await breaks()
  const all = first?.made ?? []
  const numbers = (some: Made[]): number[] => some.map(({ number }) => number)
  // Most breaks take no more than the requests about one target.
  await without(wishesOff, numbers(all.filter(({ ids }) => !ids.some((id) => first?.targets.includes(id)))))
  await without(faultsOff, Object.keys(first?.faults ?? {}))
  await without(
    wishesOff,
    numbers(all).filter((number) => !wishesOff.has(number)),
  )
  await without(
    faultsOff,
    Object.keys(first?.faults ?? {}).filter((fault) => !faultsOff.has(fault)),
  )
  const last = await breaks(true)
  const violation = last?.violations.find((one) => one.property === property)
  if (!last || !violation) throw new Error(`seed ${seed} does not break "${property}" a second time`)
  const wishesLeft = last.made.filter(({ number }) => !wishesOff.has(number)).length
  return {
    faultsLeft: Object.keys(last.faults),
    wishesLeft,
    violation,
    lines: concerning(last, violation.runs),
    worlds,
  }
}

const MAX_LINES = 150

/** The story of those runs only; of a long one, its last part. */
function concerning({ lines }: Story, runs: readonly string[]): Line[] {
  const own = lines.filter(
    (line) => line.runs.some((run) => runs.includes(run)) || runs.some((run) => line.text.includes(run)),
  )
  return own.slice(-MAX_LINES)
}
