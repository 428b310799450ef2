import { acting, type Scope } from '../engine/current.ts'
import type { Lambda } from '../engine/lambda.ts'
import type { Sim } from '../engine/sim.ts'
import type { Mapping } from '../engine/template.ts'

/** Counts what polls do in a world. */
export interface Gauge {
  /** Run -> reads of the cloud by its polls, answered or not. */
  readsOf: ReadonlyMap<string, number>
  /** When each of these reads was made: a list that several share is one (epoch ms). */
  readAt: readonly number[]
  /** When each message of a poll had its first answer from the cloud: a look that was of use (epoch ms). */
  lookedAt: readonly number[]
  /** When each message was received by a function that polls (epoch ms). */
  receivedAt: readonly number[]
}

/** Those that read a queue of polls, however many the template has. */
export function pollMappings(mappings: readonly Mapping[]): Mapping[] {
  return mappings.filter(({ queue }) => /^Polls.*Queue$/.test(queue))
}

/** Listens to the world's ports, and changes nothing. */
export function createGauge({ clock, cloud, lambda }: Sim, mappings: readonly Mapping[]): Gauge {
  const pollers = new Set(pollMappings(mappings).map((mapping) => mapping.function))
  const readsOf = new Map<string, number>()
  const readAt: number[] = []
  const lookedAt: number[] = []
  const receivedAt: number[] = []
  const answered = new WeakSet<object>()
  const { call } = cloud
  const { invoke } = lambda

  const noteAnswer = ({ message }: Scope): void => {
    if (!message || answered.has(message)) return
    answered.add(message)
    lookedAt.push(clock.now())
  }
  cloud.call = (operation, input, place) => {
    const by = acting()
    if (!pollers.has(by.worker.function)) return call(operation, input, place)
    for (const run of by.message?.runIds ?? []) readsOf.set(run, (readsOf.get(run) ?? 0) + 1)
    readAt.push(clock.now())
    return call(operation, input, place)
  }
  cloud.heard = (by) => {
    if (pollers.has(by.worker.function)) noteAnswer(by)
  }
  lambda.invoke = (name, event, more, onEnd): ReturnType<Lambda['invoke']> => {
    const records = 'Records' in event && Array.isArray(event.Records) ? event.Records : []
    if (pollers.has(name)) receivedAt.push(...records.map(() => clock.now()))
    invoke(name, event, more, onEnd)
  }
  return { readsOf, readAt, lookedAt, receivedAt }
}
