import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Life, type Product, type ProductOptions, startProduct } from './product.ts'

/** What a life takes on average, its start included: to plan the wishes by. */
export const LIFE_MS = 5_500

/** How long a life lasts after the product answers. */
const LEAST_MS = 2_000
const MOST_MS = 12_000
/** From the start of the process to a kill while it starts. */
const MOST_STARTING_MS = 2_000
/** From the first outcome of a life to the kill: the others that are told with it are on their way. */
const MOST_TELLING_MS = 20

/** When a life is ended: at any moment, or at one where a crash is known to be awkward. */
const MOMENTS = { starting: 0.2, telling: 0.3, any: 0.5 }
type Moment = keyof typeof MOMENTS

export interface Killer {
  /** All lives so far; the last one is not killed. */
  lives: Life[]
  /** Resolves when the last kill is done and the product answers again. */
  done: Promise<void>
  /** Ends the last life, too. */
  close(): Promise<void>
}

export interface KillerOptions extends ProductOptions {
  kills: number
  random: () => number
  onKill: (count: number) => void
}

/** Starts the product and kills it so many times at random moments, each time to start it again at once. */
export function startKiller(options: KillerOptions): Killer {
  const { kills, random, onKill } = options
  const lives: Life[] = []
  let product: Product | undefined
  const start = (): Product => {
    product = startProduct(options)
    lives.push(product.life)
    return product
  }
  const killAll = async (): Promise<void> => {
    for (let count = 1; count <= kills; count++) {
      const victim = start()
      // The first life makes the data directory: half of one must not be in the way of the next.
      await waitFor(count === 1 ? 'starting' : momentOf(random()), victim, options)
      await victim.kill()
      onKill(count)
    }
    await start().answers()
  }
  return { lives, done: killAll(), close: async () => product?.kill() }
}

function momentOf(chance: number): Moment {
  if (chance < MOMENTS.starting) return 'starting'
  return chance < MOMENTS.starting + MOMENTS.telling ? 'telling' : 'any'
}

async function waitFor(moment: Moment, victim: Product, { random, env }: KillerOptions): Promise<void> {
  const chance = random()
  if (moment === 'starting') return void (await sleep(chance * MOST_STARTING_MS))
  await victim.answers()
  if (moment === 'any') return void (await sleep(LEAST_MS + chance * (MOST_MS - LEAST_MS)))
  const file = join(env.DATA_DIR ?? '', 'outcomes.jsonl')
  const before = sizeOf(file)
  for (const until = Date.now() + MOST_MS; Date.now() < until && sizeOf(file) === before; ) await sleep(1)
  await sleep(chance * MOST_TELLING_MS)
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
