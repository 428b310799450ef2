import { concernNow, world } from './current.ts'

/** How one work of a cloud goes. */
export interface Labour {
  ms: number
  /** It ends without having changed what it should. */
  inVain: boolean
  /** And its end is told as success. */
  lies: boolean
}

/** What the fakes ask while a call is carried out; each work that is begun has a labour of its own. */
export interface Labours {
  /** Before each call. */
  start(): void
  ms(): number
  fails(): boolean
  /** Those of the last call, in the order in which they were begun. */
  drawn: readonly Labour[]
}

export function createLabours(): Labours {
  let begun = 0
  const labours = {
    drawn: [] as Labour[],
    start: () => {
      labours.drawn = [draw()]
      begun = 0
    },
    // Asked once a work.
    ms: () => {
      const own = labours.drawn[begun] ?? draw()
      labours.drawn[begun++] = own
      return own.ms
    },
    // Of a backup this is asked before the length, of all else after it.
    fails: () => labours.drawn[Math.max(0, begun - 1)]?.inVain ?? false,
  }
  return labours
}

function draw(): Labour {
  const { faults, chance } = world()
  const random = (): number => chance('work', concernNow())
  const isLong = faults.happens('cloud work is long')
  const ms = isLong ? 60_000 + Math.floor(random() * 48 * 60_000) : 3_000 + Math.floor(random() ** 2 * 150_000)
  const lies = faults.happens('cloud says done, nothing changed')
  return { ms, inVain: lies || faults.happens('cloud work fails'), lies }
}
