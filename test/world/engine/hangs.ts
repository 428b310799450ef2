import { pick, streamOf, whole } from './chance.ts'
import { world } from './current.ts'
import type { FaultKind, Faults } from './faults.ts'
import { START } from './globals.ts'

/** What can hang as a whole. */
const HANGS = {
  table: 'table hangs',
  queue: 'queue hangs',
  topic: 'topic hangs',
  huawei: 'cloud huawei hangs',
  tencent: 'cloud tencent hangs',
  secrets: 'secrets hang',
} as const satisfies Record<string, FaultKind>

/** On one machine: a disk that is full hangs, in its way; the queues are in the same file. */
export const HANGS_OF_MACHINE: Kinds = {
  table: 'table disk full',
  topic: HANGS.topic,
  huawei: HANGS.huawei,
  tencent: HANGS.tencent,
}

export type Dependency = keyof typeof HANGS

type Kinds = Readonly<Partial<Record<Dependency, FaultKind>>>

interface Span {
  from: number
  until: number
}

export interface Hangs {
  /** Whether a request that is sent to it now gets no answer. Counted for whoever sends it. */
  now(what: Dependency): boolean
  /** Until when it hangs, if it does now (epoch ms). Not counted. */
  until(what: Dependency): number | undefined
  /** Whether one of these hung at any time between (epoch ms). */
  between(whats: readonly Dependency[], from: number, until: number): boolean
  /** How long any of these hung between (ms). */
  msBetween(whats: readonly Dependency[], from: number, until: number): number
  /** Nobody could ask it between these (epoch ms). */
  add(what: Dependency, from: number, until: number): void
}

const SHORTEST_MS = 10 * 60_000
const LONGEST_MS = 60 * 60_000

/** It begins and ends within the trouble of its world, which has some of its own left. */
const SHARE_OF_TROUBLE = 0.8

/** In a share of worlds a dependency hangs once, for 10 to 60 minutes; in others two do, at the same time. */
export function createHangs(seed: number, troubleMs: number, faults: Faults, kinds: Kinds = HANGS): Hangs {
  const spans: Hang[] = []
  const longest = Math.min(LONGEST_MS, troubleMs * SHARE_OF_TROUBLE)
  const drawMs = (random: () => number): number => SHORTEST_MS + whole(longest - SHORTEST_MS, random)
  for (const [what, kind] of Object.entries(kinds) as [Dependency, FaultKind][]) {
    const random = streamOf(seed, kind)
    const happens = random() < faults.rateOf(kind)
    const ms = drawMs(random)
    const from = START + whole(troubleMs - ms, random)
    if (happens) spans.push({ what, from, until: from + ms })
  }
  spans.push(...twoAtOnce(seed, troubleMs, faults, { kinds, drawMs }))
  const more: Hang[] = []
  const meets = (span: Span, from: number, until: number): boolean => span.from < until && span.until > from
  const hangsAt = (now: number): Hang[] => spans.filter((span) => meets(span, now, now + 1))
  return {
    now: (what) => {
      if (spans.length === 0) return false
      const hanging = hangsAt(world().clock.now())
      const kind = kinds[what]
      if (!kind || !hanging.some((one) => one.what === what)) return false
      faults.meet(kind)
      if (hanging.some((one) => one.what !== what)) faults.meet(TWO)
      return true
    },
    until: (what) => {
      const ends = spans.length === 0 ? [] : hangsAt(world().clock.now()).filter((one) => one.what === what)
      return ends.length === 0 ? undefined : Math.max(...ends.map(({ until }) => until))
    },
    between: (whats, from, until) =>
      [...spans, ...more].some((span) => whats.includes(span.what) && meets(span, from, until)),
    msBetween: (whats, from, until) =>
      unionMs(
        [...spans, ...more].filter((span) => whats.includes(span.what) && meets(span, from, until)),
        from,
        until,
      ),
    add: (what, from, until) => void more.push({ what, from, until }),
  }
}

const TWO = 'two dependencies hang at once'

interface Hang extends Span {
  what: Dependency
}

interface Drawing {
  kinds: Kinds
  drawMs: (random: () => number) => number
}

/** The second begins while the first lasts. */
function twoAtOnce(seed: number, troubleMs: number, faults: Faults, { kinds, drawMs }: Drawing): Hang[] {
  const random = streamOf(seed, TWO)
  if (random() >= faults.rateOf(TWO)) return []
  const all = Object.keys(kinds) as Dependency[]
  const first = pick(all, random)
  const second = pick(
    all.filter((one) => one !== first),
    random,
  )
  const [firstMs, secondMs] = [drawMs(random), drawMs(random)]
  const from = START + whole(troubleMs - firstMs, random)
  const secondFrom = Math.min(from + whole(firstMs, random), START + troubleMs - secondMs)
  return [
    { what: first, from, until: from + firstMs },
    { what: second, from: secondFrom, until: secondFrom + secondMs },
  ]
}

/** How much of a time is covered by any of these. */
function unionMs(spans: readonly Span[], from: number, until: number): number {
  let [covered, reached] = [0, from]
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const [begins, ends] = [Math.max(span.from, reached), Math.min(span.until, until)]
    covered += Math.max(0, ends - begins)
    reached = Math.max(reached, ends)
  }
  return covered
}

/** How all clocks of hosts step to the true time. @param ms how far they were ahead; negative where behind, 0 where they never step */
export interface Step {
  at: number
  ms: number
}

/** All clocks of hosts are ahead by one to ten minutes, or behind by one to five, in a share of worlds, until they are set. */
export function createStep(seed: number, troubleMs: number, faults: Faults): Step {
  const ahead = streamOf(seed, 'clocks step ahead')
  if (ahead() < faults.rateOf('clocks step ahead'))
    return { at: START + whole(troubleMs, ahead), ms: -60_000 - whole(240_000, ahead) }
  const random = streamOf(seed, 'clocks step back')
  const happens = random() < faults.rateOf('clocks step back')
  const [at, ms] = [START + whole(troubleMs, random), 60_000 + whole(540_000, random)]
  return happens ? { at, ms } : { at, ms: 0 }
}
