import type { Kind } from '../story/nature.ts'
import type { Story } from '../story/story.ts'
import { startThread, type Thread } from '../threads.ts'
import { printMeasured } from './measured.ts'

/** Enough that a thread rarely asks, few enough that all end at about the same time. */
const CHUNK = 4

/** How a world is told again. */
export interface Mode {
  kind: Kind
  /** As it is called on the command line. */
  flag: string
}

/** Of so many breaks the story is told; they are mostly the same. */
const MAX_TOLD = 3

interface Sum {
  seeds: number
  runs: number
  /** Of them, those on one machine. */
  runsOnMachine: number
  faults: Map<string, number>
  changes: Story['changes']
  steps: number
  /** Under which condition -> looks beyond the first of a step. */
  doubled: Map<string, number>
  broken: Story[]
}

/** Simulates worlds of one seed after the other until so many runs have lived. @returns whether all promises were kept */
export async function runWorlds(
  first: number,
  wanted: number,
  jobs: number,
  { kind, flag }: Mode = { kind: {}, flag: '' },
): Promise<boolean> {
  console.log(`seed ${first}`)
  const chunk = kind.contention ? 1 : CHUNK
  const threads = Array.from({ length: jobs }, () => startThread())
  const sum: Sum = {
    ...{ seeds: 0, runs: 0, runsOnMachine: 0, faults: new Map(), broken: [] },
    ...{ changes: { made: 0, doubled: 0 }, steps: 0, doubled: new Map() },
  }
  let next = first
  const work = async (thread: Thread): Promise<void> => {
    while (sum.runs < wanted) {
      const from = next
      next += chunk
      for (const story of await thread.tell(from, chunk, kind)) add(sum, story)
    }
  }
  await Promise.all(threads.map(work))
  const [thread] = threads
  if (thread) {
    for (const story of mostDifferent(sum.broken)) await tellShortened(thread, story, { kind, flag })
    printMeasured(await thread.measure(first))
  }
  await Promise.all(threads.map((one) => one.stop()))
  printDoubled(sum)
  const kinds = [...sum.faults].sort(([a], [b]) => (a < b ? -1 : 1))
  const injected = kinds.reduce((all, [, count]) => all + count, 0)
  const violations = sum.broken.reduce((all, story) => all + story.violations.length, 0)
  const seeds = `seeds ${first} to ${first + sum.seeds - 1} (${sum.seeds})`
  const faults = `faults ${injected} (${kinds.map(([kind, count]) => `${kind}: ${count}`).join('; ')})`
  const runs = `runs ${sum.runs} (${sum.runs - sum.runsOnMachine} on AWS, ${sum.runsOnMachine} on SQLite)`
  console.log(`${seeds}, ${runs}, ${faults}, violations ${violations}`)
  return violations === 0
}

function add(sum: Sum, story: Story): void {
  sum.seeds++
  sum.runs += story.runs
  if (story.home === 'sqlite') sum.runsOnMachine += story.runs
  addAll(sum.faults, story.faults)
  sum.changes.made += story.changes.made
  sum.changes.doubled += story.changes.doubled
  sum.steps += story.looks.steps
  addAll(sum.doubled, story.looks.doubled)
  if (story.violations.length === 0) return
  sum.broken.push(story)
  for (const { property, seen, runs } of story.violations) {
    console.log(`VIOLATION seed ${story.seed}: ${property}: ${seen} (${runs.join(', ')})`)
  }
}

function addAll(to: Map<string, number>, counts: Readonly<Partial<Record<string, number>>>): void {
  for (const [name, count] of Object.entries(counts)) to.set(name, (to.get(name) ?? 0) + (count ?? 0))
}

function printDoubled({ changes, steps, doubled }: Sum): void {
  const looks = [...doubled.values()].reduce((all, count) => all + count, 0)
  console.log(`changes made by the clouds ${changes.made}, a second one for a run ${changes.doubled}`)
  console.log(`steps looked at ${steps}, looks beyond the first ${looks}:`)
  for (const [condition, count] of [...doubled].sort(([, a], [, b]) => b - a)) console.log(`  ${condition}: ${count}`)
}

/** One for each promise that was broken. */
function mostDifferent(broken: readonly Story[]): Story[] {
  const byProperty = Map.groupBy(broken, ({ violations }) => violations[0]?.property)
  return [...byProperty.values()].flatMap((stories) => stories.slice(0, 1)).slice(0, MAX_TOLD)
}

async function tellShortened(thread: Thread, { seed, violations }: Story, { kind, flag }: Mode): Promise<void> {
  const property = violations[0]?.property ?? ''
  const { faultsLeft, wishesLeft, violation, lines, worlds } = await thread.shorten(seed, property, kind)
  console.log(`\n--- seed ${seed}: ${property}: ${violation.seen}`)
  console.log(
    `--- it takes ${wishesLeft} wishes and: ${faultsLeft.join(', ') || 'no fault'} (tried in ${worlds} worlds)`,
  )
  for (const { text } of lines) console.log(text)
  console.log(`--- whole: npm run simulate -- --seed ${seed}${flag} --replay\n`)
}
