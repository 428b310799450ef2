import type { Line } from '../engine/log.ts'
import type { Subject } from './simulate.ts'
import { type Story, tell } from './story.ts'
import { idOf, wishesOf } from './wishes.ts'

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

/** Switches kinds of faults off, then wishes, one by one, as long as the same promise is broken. */
export async function shorten(seed: number, property: string, subject: Subject): Promise<Shortened> {
  let worlds = 0
  const faultsOff = new Set<string>()
  const wishesOff = new Set<number>()
  const breaks = async (log = false): Promise<Story | undefined> => {
    worlds++
    const story = await tell(seed, subject, { faultsOff, wishesOff, log })
    return story.violations.some((one) => one.property === property) ? story : undefined
  }
  const without = async <Item>(off: Set<Item>, items: Iterable<Item>): Promise<void> => {
    for (const item of items) {
      if (worlds >= MAX_WORLDS) return
      off.add(item)
      if (!(await breaks())) off.delete(item)
    }
  }
  const first = await breaks()
  const all = wishesOf(seed, 1)
  // Most breaks take no more than the wishes about one target.
  for (const { number, targets } of all) {
    if (!targets.some((target) => first?.targets.includes(idOf(target)))) wishesOff.add(number)
  }
  if (!(await breaks())) wishesOff.clear()
  await without(faultsOff, Object.keys(first?.faults ?? {}))
  await without(
    wishesOff,
    all.map(({ number }) => number).filter((number) => !wishesOff.has(number)),
  )
  await without(
    faultsOff,
    Object.keys(first?.faults ?? {}).filter((kind) => !faultsOff.has(kind)),
  )
  const last = await breaks(true)
  const violation = last?.violations.find((one) => one.property === property)
  if (!last || !violation) throw new Error(`seed ${seed} does not break "${property}" a second time`)
  const wishesLeft = all.length - wishesOff.size
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
