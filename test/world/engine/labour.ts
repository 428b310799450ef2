import type { Showing } from '../fake-dcs.ts'
import { concernNow, world } from './current.ts'

/** How one work of a cloud goes. */
export interface Labour {
  ms: number
  /** It ends without having changed what it should. */
  inVain: boolean
  /** And its end is told as success. */
  lies: boolean
  shows: Showing
  /** For how long a replica is filled anew after it (ms); drawn where that is asked. */
  syncMs?: number
}

/** What the fakes ask while a call is carried out; each work that is begun has a labour of its own. */
export interface Labours {
  /** Before each call. @param concern for whom it is drawn */
  start(concern?: string): void
  ms(): number
  fails(): boolean
  shows(): Showing
  syncMs(): number
  /** Those of the last call, in the order in which they were begun. */
  drawn: readonly Labour[]
}

export function createLabours(): Labours {
  let begun = 0
  let concerned = ''
  const labours = {
    drawn: [] as Labour[],
    start: (concern = concernNow()) => {
      concerned = concern
      labours.drawn = [draw(concerned)]
      begun = 0
    },
    // Asked once a work.
    ms: () => {
      const own = labours.drawn[begun] ?? draw(concerned)
      labours.drawn[begun++] = own
      return own.ms
    },
    // Of a backup this is asked before the length, of all else after it.
    fails: () => labours.drawn[Math.max(0, begun - 1)]?.inVain ?? false,
    shows: () => labours.drawn[Math.max(0, begun - 1)]?.shows ?? AT_ONCE,
    syncMs: () => {
      const own = labours.drawn[Math.max(0, begun - 1)]
      const ms = drawSync(concerned)
      if (own) own.syncMs = ms
      return ms
    },
  }
  return labours
}

/** What was drawn once, for a copy of the cloud that does the same later. */
export function playedLabours(): Pick<Labours, 'ms' | 'fails' | 'shows' | 'syncMs'> & {
  play(labours: readonly Labour[]): void
} {
  let [left, begun]: [readonly Labour[], number] = [[], 0]
  const last = (): Labour | undefined => left[Math.max(0, begun - 1)]
  return {
    play: (labours) => {
      left = labours
      begun = 0
    },
    ms: () => left[begun++]?.ms ?? 0,
    fails: () => last()?.inVain ?? false,
    shows: () => last()?.shows ?? AT_ONCE,
    syncMs: () => last()?.syncMs ?? 0,
  }
}

const AT_ONCE: Showing = { statusMs: 0, taskMs: 0, isListed: undefined }

/** Longer than any deadline of ours, backup and rolling restart apart. */
const HOURS_MS = [30 * 60_000, 180 * 60_000] as const

function draw(concern: string): Labour {
  const { faults, chance, conditions } = world()
  const random = (): number => chance('work', concern)
  const isLong = faults.happens('cloud work is long', concern)
  const drawnMs = isLong ? 60_000 + Math.floor(random() * 48 * 60_000) : 3_000 + Math.floor(random() ** 2 * 150_000)
  const ms = conditions.workMs?.(random) ?? drawnMs
  const lies = faults.happens('cloud says done, nothing changed', concern)
  const inVain = lies || faults.happens('cloud work fails', concern)
  const [least, most] = HOURS_MS
  const takesHours = faults.happens('cloud work takes hours', concern)
  const lasts = takesHours ? least + Math.floor(faults.measure(concern) * (most - least)) : ms
  return { ms: lasts, inVain, lies, shows: drawShowing(concern) }
}

const LONGEST_SYNC_MS = 12 * 60_000

function drawSync(concern: string): number {
  const { faults } = world()
  return faults.happens('cloud fills a replica anew', concern)
    ? Math.floor(faults.measure(concern) * LONGEST_SYNC_MS)
    : 0
}

/** Where its task and job can be read, work may show so late on the resource itself; where neither can, only so late. */
const LATE_WITH_TASK_MS = 90_000
export const LATE_ALONE_MS = 60_000

const LISTED_LATE_MS = 200_000

function drawShowing(concern: string): Showing {
  const { faults } = world()
  const upTo = (ms: number): number => Math.floor(faults.measure(concern) * ms)
  if (faults.happens('cloud work shows late, with its task', concern))
    return { statusMs: upTo(LATE_WITH_TASK_MS), taskMs: 0, isListed: true }
  if (faults.happens('cloud work shows late, without a task', concern))
    return { statusMs: upTo(LATE_ALONE_MS), taskMs: 0, isListed: false }
  if (faults.happens('cloud task never listed', concern)) return { ...AT_ONCE, isListed: false }
  return faults.happens('cloud task listed late', concern) ? { ...AT_ONCE, taskMs: upTo(LISTED_LATE_MS) } : AT_ONCE
}
