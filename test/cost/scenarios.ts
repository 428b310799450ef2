import { START } from '../world/engine/globals.ts'
import type { Wish } from '../world/story/wishes.ts'
import { dcsId, emrId, wishOf } from '../world/story/wishes.ts'

const [SECOND_MS, MINUTE_MS] = [1_000, 60_000]

/** What happens in one world. */
export interface Play {
  wishes: readonly Wish[]
  /** Alerts that no rule wants, by webhook. */
  alerts: readonly { at: number; node: string }[]
  workMs: number
  /** Of each cluster. */
  nodes: number
  /** Runs that there must be in the end, all of them succeeded. */
  runs: number
}

/** What is counted: a world in which it happens, less the same world without it. */
export interface Scenario {
  name: string
  title: string
  /** No run of its kind was made before. */
  isFirst?: boolean
  /** @param number of the world: each has its own resource, and its own length of work */
  plays(number: number): { whole: Play; part: Play }
}

/** So many worlds of each. */
export const WORLDS = 64

/** Work is up to a tenth shorter or longer, so that no schedule meets its end by its own rhythm. */
const SPREAD = 0.1

function lengthOf(minutes: number, number: number): number {
  const share = ((number % WORLDS) + 0.5) / WORLDS
  return Math.round(minutes * MINUTE_MS * (1 - SPREAD + 2 * SPREAD * share))
}

const NOTHING: Play = { wishes: [], alerts: [], workMs: 0, nodes: 2, runs: 0 }

/** Runs begin at any point of the minute in which the sweeper comes. */
function beginOf(number: number): number {
  return START + 10 * SECOND_MS + ((number * 37 * SECOND_MS) % MINUTE_MS)
}

function dcsWish(operation: string, number: number): Wish {
  return wishOf({ operation, id: dcsId(number), number, at: beginOf(number), door: 'api' })
}

function dcsRun(operation: string, minutes: number): Scenario['plays'] {
  return (number) => {
    const workMs = lengthOf(minutes, number)
    const part = { ...NOTHING, workMs }
    return { whole: { ...part, wishes: [dcsWish(operation, number)], runs: 1 }, part }
  }
}

/** YARN of 300 nodes, 30 at once: ten batches. */
const ROLLING = { nodes: 300, minutes: 35, strategy: { rolling: true, batchSize: 30, waitSeconds: 5 } }

function rollingRestart(number: number): ReturnType<Scenario['plays']> {
  const { nodes, minutes, strategy } = ROLLING
  const asked = { operation: 'emr.service.restart', id: emrId(number), number, at: beginOf(number) }
  const targets = [{ clusterId: emrId(number), services: [{ name: 'YARN' }] }]
  const wish = { ...wishOf({ ...asked, door: 'api' }), targets, params: { strategy } }
  const part = { ...NOTHING, nodes, workMs: lengthOf(minutes, number) }
  return { whole: { ...part, wishes: [wish], runs: 1 }, part }
}

/** The same request again, half a minute after the first. */
function attached(number: number): ReturnType<Scenario['plays']> {
  const part = dcsRun('dcs.instance.swap', 10)(number).whole
  const [first] = part.wishes
  if (!first) return { whole: part, part }
  const again = { ...first, number: first.number + 1_000, at: first.at + 30 * SECOND_MS, key: `again-${number}` }
  return { whole: { ...part, wishes: [first, again], runs: 2 }, part }
}

/**
 * The rules of the simulation allow two runs in ten minutes. The third alarm is the first that is refused for that: people
 * are told of the limit. The fourth is counted.
 */
const ALARMS_AT_S = [0, 360, 430, 500]

function refusedAlarm(number: number): ReturnType<Scenario['plays']> {
  const wishes = ALARMS_AT_S.map((second, index): Wish => {
    const at = beginOf(number) + second * SECOND_MS
    const asked = { operation: 'dcs.instance.restart', id: dcsId(number), number: number * 10 + index, at }
    return wishOf({ ...asked, door: 'alarm', key: `alarm-${number}` })
  })
  const whole = { ...NOTHING, workMs: 20 * SECOND_MS, wishes, runs: 2 }
  return { whole, part: { ...whole, wishes: wishes.slice(0, -1) } }
}

function ignoredDelivery(number: number): ReturnType<Scenario['plays']> {
  return { whole: { ...NOTHING, alerts: [{ at: beginOf(number), node: `node-${number}` }] }, part: NOTHING }
}

/** Of what is asked for in these, nothing: a world of two hours, less one of one. */
export const IDLE_HOUR: { longer: Play; shorter: Play } = {
  longer: { ...NOTHING, workMs: 120 * MINUTE_MS },
  shorter: { ...NOTHING, workMs: 60 * MINUTE_MS },
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'swap-1min', title: 'dcs.instance.swap of 1 min', plays: dcsRun('dcs.instance.swap', 1) },
  { name: 'swap-10min', title: 'dcs.instance.swap of 10 min', plays: dcsRun('dcs.instance.swap', 10) },
  {
    name: 'swap-10min-first',
    title: 'the first dcs.instance.swap, of 10 min',
    plays: dcsRun('dcs.instance.swap', 10),
    isFirst: true,
  },
  // A swap of half an hour is at its deadline.
  { name: 'restart-30min', title: 'dcs.instance.restart of 30 min', plays: dcsRun('dcs.instance.restart', 30) },
  { name: 'emr-rolling', title: 'rolling emr.service.restart of 300 nodes, 35 min', plays: rollingRestart },
  { name: 'attached', title: 'a request that joins a live swap of 10 min', plays: attached },
  { name: 'refused-alarm', title: 'an alarm whose limit is used up', plays: refusedAlarm },
  { name: 'ignored-delivery', title: 'a webhook that no rule wants', plays: ignoredDelivery },
]
