import { acting } from '../../engine/current.ts'
import type { FaultKind } from '../../engine/faults.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Violation } from '../../engine/witness.ts'

/** Under what a step may be looked at more than once, the likeliest first. */
const CONDITIONS = [
  ['a message came twice, late or back', /^(message|wish|redriven|queue|sweep)/],
  ['a worker died, froze or ran out of time', /^(worker (dies|freezes|comes)|machine)/],
  ['a write failed, or its answer was lost', /^(table|index|whole index)/],
  ['clocks were apart', /^(host clock|clocks)/],
  ['a cloud was slow or hung', /^(cloud|secrets|two)/],
] as const satisfies [string, RegExp][]

/** What befalls runs without being counted for each: a process that starts sends a message for every live run. */
const OF_ALL = /^(queue|sweep|clocks)/
const OF_MACHINE = /^(queue|sweep|clocks|machine|worker|table)/

export interface LookCounts {
  /** Steps that were looked at. */
  steps: number
  /** Under which condition -> looks beyond the first. */
  doubled: Partial<Record<string, number>>
}

export interface Looks {
  counts(): LookCounts
  violations(): Violation[]
}

/** Counts how often each step of a run is looked at: each look after the first is one for nothing. */
export function watchLooks(sim: Sim): Looks {
  const { cloud, faults } = sim
  const { call } = cloud
  /** Run and step -> the deliveries for which the cloud was read. */
  const looks = new Map<string, Set<object>>()
  const doubled: LookCounts['doubled'] = {}
  const unexplained: Violation[] = []

  const looked = (runId: string, step: number, message: object): void => {
    const key = `${runId} ${step}`
    const known = looks.get(key) ?? new Set()
    looks.set(key, known)
    if (known.has(message)) return
    known.add(message)
    if (known.size === 1) return
    const met = [...faults.met(runId)]
    const [condition] = CONDITIONS.find(([, kinds]) => met.some((kind: FaultKind) => kinds.test(kind))) ?? []
    const ofAll = sim.machine ? OF_MACHINE : OF_ALL
    const isOfAll = Object.keys(faults.counts).some((kind) => ofAll.test(kind))
    if (!condition && !isOfAll) {
      const seen = `step ${step}, ${known.size} times`
      unexplained.push({ property: 'a look is doubled only where something befell the run', seen, runs: [runId] })
    }
    const name =
      condition ?? (sim.machine ? 'the one process was started again' : 'a queue, a sweep or all clocks failed')
    doubled[name] = (doubled[name] ?? 0) + 1
  }

  cloud.call = (operation, input, place) => {
    const { worker, message } = acting()
    const { runId, step } = JSON.parse(message?.body ?? '{}') as { runId?: string; step?: number } // our own message
    const isLook = operation.effect === 'read' && worker.function === 'poll-run'
    if (isLook && message && runId !== undefined && step !== undefined) looked(runId, step, message)
    return call(operation, input, place)
  }
  return { counts: () => ({ steps: looks.size, doubled }), violations: () => unexplained }
}
