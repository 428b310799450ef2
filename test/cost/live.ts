import type { Item } from '../world/engine/expressions.ts'
import { START } from '../world/engine/globals.ts'
import type { Sim } from '../world/engine/sim.ts'
import { createDoors } from '../world/story/doors.ts'
import { natureOf } from '../world/story/nature.ts'
import { createWorld, leaveWorld, type Subject } from '../world/story/simulate.ts'
import { runsOf } from '../world/story/verdict.ts'
import { CPU_MS, MONTH_HOURS, ROUND_TRIPS, STORED_ITEM_BYTES, WHOLE_PROCESSOR_MB } from './assumptions.ts'
import { add } from './counters.ts'
import { entryOf } from './index-writes.ts'
import { PLATFORM_LINES_BYTES } from './log-bytes.ts'
import { BYTES_A_GB, BYTES_A_KB, type CountingMeter, createMeter, type Tally } from './meter.ts'
import { withRealIds } from './real-ids.ts'
import type { Play } from './scenarios.ts'
import { itemBytes } from './sizes.ts'
import { unwantedAlert } from './unwanted-alert.ts'

const HOUR_MS = 3_600_000

/** How long after the last work a world is watched. It ends between two sweeps, when no request is under way. */
const AFTERWARDS_MS = 15 * 60_000 + 30_000

/** What was learnt from earlier runs: their durations, as they are stored. */
export type History = readonly (Item & { id: string })[]

function durationsIn({ table }: Sim): History {
  return table.items().flatMap((item) => (item.kind === 'durations' ? [{ ...item, id: String(item.id) }] : []))
}

/** Lives through a play, where nothing goes wrong, for a time that depends on the length of work alone. */
export async function live(
  play: Play,
  number: number,
  subject: Subject,
  history: History = [],
): Promise<Tally & { history: History }> {
  const nature = { ...natureOf(number, { home: 'aws', theme: 'nothing', harm: 0 }), pollersMs: 20, lagMs: 200 }
  const conditions = {
    latencyMs: () => 0,
    travelMs: (to: keyof typeof ROUND_TRIPS) => ROUND_TRIPS[to].value / 2,
    workMs: () => play.workMs,
    nodes: play.nodes,
  }
  const sim = createWorld(number, nature, subject, { theme: 'nothing', harm: 0, conditions })
  const meter = createMeter(subject.template, sim.clock.now)
  sim.meter = meter
  try {
    sim.table.bring(history)
    watchInvocations(sim, subject, meter)
    sim.cloud.call = withRealIds(sim.cloud.call)
    const answers = act(sim, play, subject)
    await sim.clock.run(START + AFTERWARDS_MS + Math.ceil(play.workMs / HOUR_MS) * HOUR_MS)
    meter.check()
    checkRuns(sim, play)
    checkIgnored(answers, play)
    add(meter.counts, 'looks', sim.cloud.reads)
    add(meter.counts, 'changes', sim.cloud.writes)
    add(meter.counts, 'storage', storedOf(sim, subject))
    return { ...meter, history: durationsIn(sim) }
  } finally {
    leaveWorld(sim)
  }
}

/** @returns what the webhooks are answered, once they are */
function act({ clock, lambda }: Sim, { wishes, alerts }: Play, { template }: Subject): unknown[] {
  const answers: unknown[] = []
  const doors = createDoors(template.functions.get('receive-alarm')?.failureQueue)
  for (const wish of wishes) clock.at(wish.at, () => doors.send(wish))
  for (const { at, node } of alerts) {
    clock.at(at, () =>
      lambda.invoke('receive-webhook', unwantedAlert(at, node), { subject: 'alert' }, (ended) => answers.push(ended)),
    )
  }
  return answers
}

/** The price of another course of things would be that of something else. */
function checkRuns(sim: Sim, { runs }: Play): void {
  const states = runsOf(sim).map(({ state }) => state)
  if (states.length !== runs || states.some((state) => state !== 'succeeded'))
    throw new Error(`instead of ${runs} runs that succeed there are: ${states.join(', ')}`)
}

function checkIgnored(answers: readonly unknown[], { alerts }: Play): void {
  const text = JSON.stringify(answers)
  if (text.split('no rule').length - 1 !== alerts.length)
    throw new Error(`instead of ${alerts.length} alerts that no rule wants there are: ${text}`)
}

/** Counts what Lambda bills for each invocation, in time of the world; and the gateway, and the schedule. */
function watchInvocations(sim: Sim, { template }: Subject, { billed, counts }: CountingMeter): void {
  const { invoke } = sim.lambda
  sim.lambda.invoke = (name, event, more, onEnd) => {
    const begunAt = sim.clock.now()
    const { memoryMb = 0, everyMs } = template.functions.get(name) ?? {}
    if ('requestContext' in event) add(billed, 'gateway', 1)
    if (everyMs !== undefined) add(billed, 'schedule', 1)
    add(billed, 'logs', PLATFORM_LINES_BYTES / BYTES_A_KB)
    add(billed, 'Lambda requests', 1)
    add(counts, name, 1)
    invoke(name, event, more, (ended, worker) => {
      const waitedMs = sim.clock.now() - begunAt
      // A smaller function has a share of a processor; begun milliseconds are billed as whole ones.
      const computedMs = ((CPU_MS[name] ?? 0) * WHOLE_PROCESSOR_MB) / memoryMb
      add(billed, 'Lambda waiting', gbSeconds(waitedMs, memoryMb))
      add(billed, 'Lambda computing', gbSeconds(Math.ceil(waitedMs + computedMs) - waitedMs, memoryMb))
      onEnd(ended, worker)
    })
  }
}

function gbSeconds(ms: number, memoryMb: number): number {
  return (ms / 1000) * (memoryMb / 1024)
}

/** GB-months of what is stored in the end, until it expires, with its copies in the indexes. */
function storedOf({ table, clock }: Sim, { template: { indexes, tableKeys } }: Subject): number {
  return table.stored().reduce((sum, item) => {
    const entries = Array.from(indexes.values(), (index) => entryOf(index, tableKeys, item))
    const copies = [item, ...entries].filter((copy) => copy !== undefined)
    const bytes = copies.reduce((all, copy) => all + itemBytes(copy) + STORED_ITEM_BYTES, 0)
    const leftMs = Math.max(0, Number(item.expiresAtSeconds) * 1000 - clock.now())
    return sum + ((bytes / BYTES_A_GB) * leftMs) / (MONTH_HOURS * HOUR_MS)
  }, 0)
}
