import { type Chance, streamOf } from './chance.ts'
import { concernNow, scope, type Worker, world } from './current.ts'

/**
 * Everything that can go wrong, and how probable it is at most each time it could, in the worst of worlds. For what hangs,
 * for full disks, for clocks that step back and for rate limits that is the share of worlds; for the console, and for what a cloud shows otherwise, the share
 * of instances and clusters. On one machine the worker is its one process, and the table has the queues, too.
 */
export const WORST = {
  'worker dies before a request': 0.008,
  'worker dies after a request': 0.008,
  'worker freezes': 0.004,
  'worker comes back after its time-out': 0.4,
  'host clock is off': 0.3,
  'table slow': 0.02,
  'table fails': 0.02,
  'table answer lost, client repeats': 0.04,
  'table answer lost for good': 0.015,
  'queue slow': 0.02,
  'queue fails': 0.03,
  'queue answer lost, client repeats': 0.03,
  'queue answer lost for good': 0.02,
  'queue takes a part of the batch': 0.2,
  'topic slow': 0.02,
  'topic fails': 0.1,
  'topic answer lost, client repeats': 0.05,
  'topic answer lost for good': 0.1,
  'message lost': 0.2,
  'message doubled': 0.2,
  'message late': 0.2,
  'message comes back though deleted': 0.05,
  'message given up': 0.03,
  'message of another release': 0.1,
  'messages out of order': 1,
  'queue purged': 0.04,
  'sweep left out': 0.1,
  'sweep doubled': 0.1,
  'wish sent twice at once': 0.3,
  'wish sent again later': 0.3,
  'answer to a wish lost': 0.2,
  'cloud busy': 0.1,
  'cloud throttles': 0.08,
  'cloud throttles for long': 0.01,
  'cloud denies': 0.01,
  'cloud out of reach': 0.05,
  'cloud slow': 0.08,
  'cloud 5xx before effect': 0.05,
  'cloud 5xx after effect': 0.05,
  'cloud hangs before effect': 0.08,
  'cloud hangs after effect': 0.05,
  'cloud request arrives late': 0.2,
  'cloud unreadable after effect': 0.05,
  'cloud shows an older state': 0.06,
  'cloud shows an unknown value': 0.03,
  'cloud says success, nothing begun': 0.05,
  'cloud says done, nothing changed': 0.08,
  'cloud work fails': 0.15,
  'cloud job unknown for a while': 0.15,
  'cloud job unknown for ever': 0.05,
  'cloud work is long': 0.15,
  'cloud work takes hours': 0.03,
  'cloud work shows late, with its task': 0.15,
  'cloud work shows late, without a task': 0.15,
  'cloud task listed late': 0.2,
  'cloud task never listed': 0.1,
  'cloud somebody at the console': 0.4,
  'cloud resource in another state': 0.3,
  'cloud lists nodes otherwise': 0.3,
  'cloud has other words for tasks': 0.3,
  'cloud writes times of backups otherwise': 0.3,
  'cloud writes restart times otherwise': 0.4,
  'cloud lists processes twice': 0.2,
  'cloud has roles without a process': 0.3,
  'cloud logs operations': 0.5,
  'cloud limits its rate': 0.3,
  'cloud huawei hangs': 0.3,
  'cloud tencent hangs': 0.3,
  'table hangs': 0.2,
  'queue hangs': 0.3,
  'topic hangs': 0.3,
  'index entry stale': 0.03,
  'host clock is minutes off': 0.06,
  'clocks step back': 0.3,
  'worker of the next release': 0.5,
  'table disk full': 0.3,
  'table file locked': 0.004,
  'machine back late': 0.2,
  'machine off for hours': 0.4,
  'secrets hang': 0.3,
  'two dependencies hang at once': 0.3,
  'redriven late': 1,
  'whole index stale': 0.3,
  'index entry missing': 0.02,
  'clocks step ahead': 0.3,
  'cloud shows an older state twice': 0.3,
  'cloud lists what was': 0.3,
  'cloud fills a replica anew': 0.5,
} as const satisfies Record<string, number>

export type FaultKind = keyof typeof WORST

export interface Faults {
  /** Whether it goes wrong this time. Counted. @param concern whom; whoever acts now unless told */
  happens(kind: FaultKind, concern?: string): boolean
  /** How much, of what has just gone wrong: uniform in [0, 1). */
  measure(concern?: string): number
  /** How probable it is in this world; for what is not drawn each time it could happen. */
  rateOf(kind: FaultKind): number
  /** Counts what went wrong without being drawn here. @param concerns whom */
  meet(kind: FaultKind, concerns?: readonly string[]): void
  /** What goes wrong for one goes wrong for this one, too: it is not counted again. */
  share(kind: FaultKind, worker: Worker): void
  counts: Partial<Record<FaultKind, number>>
  /** Whether one of these went wrong at any time between (epoch ms). */
  between(kinds: readonly FaultKind[], from: number, until: number): boolean
  /** What went wrong for a run, or for those that were handled together with it. */
  met(concern: string): ReadonlySet<FaultKind>
  /** From here on nothing goes wrong any more. */
  end(): void
}

/** Each kind in three worlds of four, so that each is seen without each other. */
const USUAL = 0.75

/** What hides much else is in fewer worlds. */
const SELDOM: Readonly<Record<string, number>> = { 'host clock is minutes off': 0.2, 'index entry stale': 0.5 }

/** What goes wrong in a world: everything, only what the clouds do, only what the queues do, only what one machine does, only that dependencies hang while work is long, or nothing. */
export type Theme = 'all' | 'cloud' | 'messages' | 'machine' | 'outages' | 'nothing'

const OF_THEME: Record<Theme, (kind: string) => boolean> = {
  all: () => true,
  cloud: (kind) => kind.startsWith('cloud'),
  messages: (kind) => /^(message|queue|sweep)/.test(kind),
  machine: (kind) => /^(machine|worker (dies|freezes)|table (disk|file))/.test(kind),
  outages: (kind) =>
    /^(table|queue|topic|secrets|cloud (huawei|tencent)|two dependencies) hang|^table disk|takes hours/.test(kind),
  nothing: () => false,
}

/**
 * @param harm how bad it is: 1 the worst
 * @param off kinds that do not happen: whether they would have is drawn all the same
 */
export function createFaults(
  seed: number,
  harm: number,
  theme: Theme,
  off: ReadonlySet<string>,
  chance: Chance,
): Faults {
  const choose = streamOf(seed, 'rates')
  const rates = new Map<string, number>()
  for (const [kind, worst] of Object.entries(WORST)) {
    const rate = choose() < (SELDOM[kind] ?? USUAL) ? worst * harm * (0.1 + 0.9 * choose()) : 0
    if (rate > 0 && OF_THEME[theme](kind)) rates.set(kind, rate)
  }
  let ended = false
  const met = new Map<string, Set<FaultKind>>()
  const times = new Map<FaultKind, number[]>()
  const note = (kind: FaultKind, concerns: readonly string[]): void => {
    for (const one of concerns) met.set(one, (met.get(one) ?? new Set<FaultKind>()).add(kind))
  }
  const faults: Faults = {
    happens: (kind, concern = concernNow()) => {
      const rate = ended ? undefined : rates.get(kind)
      if (rate === undefined || chance('faults', concern) >= rate || off.has(kind)) return false
      faults.meet(kind, [concern])
      return true
    },
    meet: (kind, concerns = [concernNow()]) => {
      faults.counts[kind] = (faults.counts[kind] ?? 0) + 1
      if (!times.has(kind)) times.set(kind, [])
      times.get(kind)?.push(world().clock.now())
      const { worker } = scope.getStore() ?? {}
      worker?.met.add(kind)
      note(kind, [...concerns, ...(worker?.runs ?? [])])
    },
    share: (kind, worker) => {
      worker.met.add(kind)
      note(kind, [...worker.runs, worker.concern])
    },
    rateOf: (kind) => (ended || off.has(kind) ? 0 : (rates.get(kind) ?? 0)),
    measure: (concern = concernNow()) => chance('faults', concern),
    counts: {},
    between: (kinds, from, until) =>
      kinds.some((kind) => times.get(kind)?.some((at) => at >= from && at <= until) ?? false),
    met: (concern) => met.get(concern) ?? new Set(),
    end: () => {
      ended = true
    },
  }
  return faults
}
