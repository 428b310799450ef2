import { setTimeout as sleep } from 'node:timers/promises'
import { type Event, eventIn } from './outcomes.ts'
import { type Life, type Product, type ProductOptions, startProduct } from './product.ts'

/** What a life takes on average, its start included: to plan the wishes by. */
export const LIFE_MS = 5_000

/** How long a life lasts after the product listens. */
const LEAST_MS = 2_000
const MOST_MS = 12_000
/** From the start of the process to a kill while it starts: longer than it takes, as all that is live goes on then. */
const MOST_STARTING_MS = 1_000
/** From the first end of a run in a life to the kill: it is being told, and others end with it. */
const MOST_TELLING_MS = 20

/** When a life is ended: at any moment, or at one where a crash is known to be awkward. */
const MOMENTS = { starting: 0.2, telling: 0.3, any: 0.5 }
type Moment = keyof typeof MOMENTS

export interface Killer {
  /** All lives so far; the last one is not killed. */
  lives: Life[]
  /** What people were told in all of them, in that order. */
  told: Event[]
  /** Resolves when the last kill is done and the product listens again. */
  done: Promise<void>
  /** Ends the last life, too. */
  close(): Promise<void>
}

export interface KillerOptions extends Pick<ProductOptions, 'env'> {
  kills: number
  random: () => number
  onKill: (count: number) => void
}

/** Starts the product and kills it so many times at random moments, each time to start it again at once. */
export function startKiller({ env, kills, random, onKill }: KillerOptions): Killer {
  const lives: Life[] = []
  const told: Event[] = []
  let victim: Victim | undefined
  const start = (): Victim => {
    victim = startVictim(env, told)
    lives.push(victim.life)
    return victim
  }
  const killAll = async (): Promise<void> => {
    for (let count = 1; count <= kills; count++) {
      const next = start()
      // The first life makes the data directory: half of one must not be in the way of the next.
      await waitFor(count === 1 ? 'starting' : momentOf(random()), next, random())
      await next.end('SIGKILL')
      onKill(count)
    }
    await start().listens()
  }
  return { lives, told, done: killAll(), close: async () => victim?.end('SIGKILL') }
}

interface Victim extends Product {
  /** Resolves when a run has ended in this life. */
  ranToItsEnd: Promise<void>
}

function startVictim(env: KillerOptions['env'], told: Event[]): Victim {
  const { promise, resolve } = Promise.withResolvers<void>()
  const onLine = (line: string): void => {
    const event = eventIn(line)
    if (event) told.push(event)
    if (line.includes('"message":"run ended"')) resolve()
  }
  return { ...startProduct({ env, onLine }), ranToItsEnd: promise }
}

function momentOf(chance: number): Moment {
  if (chance < MOMENTS.starting) return 'starting'
  return chance < MOMENTS.starting + MOMENTS.telling ? 'telling' : 'any'
}

/** @param chance uniform in [0, 1) */
async function waitFor(moment: Moment, victim: Victim, chance: number): Promise<void> {
  if (moment === 'starting') return void (await sleep(chance * MOST_STARTING_MS))
  if (moment === 'telling') {
    await Promise.race([victim.ranToItsEnd, sleep(MOST_MS, undefined, { ref: false })])
    return void (await sleep(chance * MOST_TELLING_MS))
  }
  await victim.listens()
  await sleep(LEAST_MS + chance * (MOST_MS - LEAST_MS))
}
