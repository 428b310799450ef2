import type { Mutant } from '../story/mutant.ts'
import { MUTANTS } from '../story/mutants.ts'
import type { Kind } from '../story/nature.ts'
import { startThread } from '../threads.ts'

/** A guard whose loss is not seen in so many worlds is not proven to be one. */
const MAX_WORLDS = 1_000

interface Found {
  properties: string[]
  worlds: number
  runs: number
}

/**
 * Switches each guard off in turn, and sees which promise breaks.
 * @param only a part of the names
 * @returns whether none was missed
 */
export async function runMutants(seed: number, jobs: number, only = ''): Promise<boolean> {
  const mutants = MUTANTS.filter(({ name }) => name.includes(only))
  const left = [...mutants]
  const real = createReal()
  let missed = 0
  const work = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant; mutant = left.shift()) {
      const found = await hunt(mutant, seed, real)
      if (found.properties.length === 0) missed++
      console.log(lineOf(mutant, found))
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  await real.stop()
  console.log(`seed ${seed}, mutants ${mutants.length}, caught ${mutants.length - missed}, missed ${missed}`)
  return missed === 0
}

/** What the code as it is breaks in the world of a seed: that proves nothing about a mutant. */
interface Real {
  breaks(seed: number, kind: Kind): Promise<ReadonlySet<string>>
  stop(): Promise<unknown>
}

function createReal(): Real {
  const thread = startThread()
  const known = new Map<string, Promise<ReadonlySet<string>>>()
  let last: Promise<unknown> = Promise.resolve()
  const tell = async (seed: number, kind: Kind): Promise<ReadonlySet<string>> => {
    const [story] = await thread.tell(seed, 1, kind)
    return new Set(story?.violations.map(({ property }) => property))
  }
  return {
    breaks: (seed, kind) => {
      const world = `${seed} ${JSON.stringify(kind)}`
      // One task at a time.
      const found = known.get(world) ?? last.then(() => tell(seed, kind))
      known.set(world, found)
      last = found
      return found
    },
    stop: () => thread.stop(),
  }
}

async function hunt({ rewrites, kind = {} }: Mutant, first: number, real: Real): Promise<Found> {
  const thread = startThread(rewrites)
  const found: Found = { properties: [], worlds: 0, runs: 0 }
  while (found.worlds < MAX_WORLDS && found.properties.length === 0) {
    const seed = first + found.worlds
    const [story] = await thread.tell(seed, 1, kind)
    found.worlds++
    found.runs += story?.runs ?? 0
    const broken = new Set(story?.violations.map(({ property }) => property))
    if (broken.size > 0) {
      const own = await real.breaks(seed, kind)
      found.properties = [...broken].filter((property) => !own.has(property))
    }
  }
  await thread.stop()
  return found
}

function lineOf({ name }: Mutant, { properties, worlds, runs }: Found): string {
  const size = `${worlds} ${worlds === 1 ? 'world' : 'worlds'}, ${runs} runs`
  return properties.length === 0
    ? `MISSED  ${name} (${size})`
    : `caught  ${name}: by "${properties.join('", "')}" (${size})`
}
