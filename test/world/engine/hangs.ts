import { streamOf, whole } from './chance.ts'
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
  /** Whether one of these hung at any time between (epoch ms). */
  between(whats: readonly Dependency[], from: number, until: number): boolean
  /** Nobody could ask it between these (epoch ms). */
  add(what: Dependency, from: number, until: number): void
}

const SHORTEST_MS = 10 * 60_000
const LONGEST_MS = 60 * 60_000

/** It begins and ends within the trouble of its world, which has some of its own left. */
const SHARE_OF_TROUBLE = 0.8

/** In a share of worlds a dependency hangs once, for 10 to 60 minutes. */
export function createHangs(seed: number, troubleMs: number, faults: Faults, kinds: Kinds = HANGS): Hangs {
  const spans = new Map<Dependency, Span>()
  const more: [Dependency, Span][] = []
  for (const [what, kind] of Object.entries(kinds) as [Dependency, FaultKind][]) {
    const random = streamOf(seed, kind)
    const happens = random() < faults.rateOf(kind)
    const longest = Math.min(LONGEST_MS, troubleMs * SHARE_OF_TROUBLE)
    const ms = SHORTEST_MS + whole(longest - SHORTEST_MS, random)
    const from = START + whole(troubleMs - ms, random)
    if (happens) spans.set(what, { from, until: from + ms })
  }
  const meets = (span: Span | undefined, from: number, until: number): boolean =>
    span !== undefined && span.from < until && span.until > from
  return {
    now: (what) => {
      if (spans.size === 0) return false
      const now = world().clock.now()
      const kind = kinds[what]
      if (!kind || !meets(spans.get(what), now, now + 1)) return false
      faults.meet(kind)
      return true
    },
    between: (whats, from, until) =>
      whats.some((what) => meets(spans.get(what), from, until)) ||
      more.some(([what, span]) => whats.includes(what) && meets(span, from, until)),
    add: (what, from, until) => void more.push([what, { from, until }]),
  }
}

/** All clocks of hosts are ahead by one to ten minutes, in a share of worlds, until they step back to the true time. */
export function createStep(seed: number, troubleMs: number, faults: Faults): { at: number; ms: number } {
  const random = streamOf(seed, 'clocks step back')
  const happens = random() < faults.rateOf('clocks step back')
  const [at, ms] = [START + whole(troubleMs, random), 60_000 + whole(540_000, random)]
  return happens ? { at, ms } : { at, ms: 0 }
}
