import { Delivery } from '../../lib/runs/delivery.ts'
import type { World } from '../world/world.ts'
import type { Made } from './case.ts'
import type { Answer } from './doors.ts'
import { strayRun } from './rules.ts'

/** What a delivery has led to. */
export interface Seen {
  made: Made
  answer: Answer
  /** To the very same delivery, once more. */
  again: Answer
  runsBefore: number
  /** CPU, garbage collection included; the least of several times where the first was slow. */
  tookMs: number
  world: World
  approval: boolean
}

/** A hundred times what the slowest takes. */
export const MAX_MS = 1_000
const MAX_RESULTS = 101
/** Of an answer; of a text in it. An item of the table has 400 KB. */
const MAX_ANSWER = 64 * 1024
const MAX_TEXT = 4_000
const MAX_RECORD = 300 * 1024

/** Where others have to be asked, and do not answer, the sender may try again. */
const FORESEEN = ['UnreachableError']
const REFUSALS = [401, 413]

/** @returns each promise that is broken */
export function brokenOf(seen: Seen): string[] {
  return [...answers(seen), ...authenticity(seen), ...runs(seen), ...bounds(seen), ...prototypes()]
}

function answers({ answer, again, tookMs }: Seen): string[] {
  const isForeseen = answer.error instanceof Error && FORESEEN.includes(answer.error.name)
  return [
    ...(answer.status >= 500 && !isForeseen ? [`answered ${answer.status}: ${shown(answer.error)}`] : []),
    ...(tookMs > MAX_MS ? [`took ${tookMs.toFixed()} ms`] : []),
    ...(again.status === answer.status ? [] : [`answered ${answer.status}, and once more ${again.status}`]),
  ]
}

function authenticity({ made, answer, world }: Seen): string[] {
  if (made.isAuthentic) return []
  const left = world.runs.size + world.received.size + world.refused.length
  return [
    ...(REFUSALS.includes(answer.status) ? [] : [`is not authentic, and was answered ${answer.status}`]),
    ...(left > 0 ? [`is not authentic, and left ${left} records`] : []),
  ]
}

function runs({ made, answer, world, runsBefore, approval }: Seen): string[] {
  const { source, canBeAsked } = made.door
  const all = [...world.runs.values()]
  const ids = answer.results.flatMap((result) => result.runs ?? [])
  // Nothing that is ever read back says that anybody has.
  const unapproved = approval && canBeAsked ? all : []
  return [
    ...all.flatMap((run) => strayRun(run, source) ?? []).map((run) => `a run that no rule allows: ${run}`),
    ...all.filter(({ id }) => !ids.includes(id)).map(({ id }) => `a run that the answer does not name: ${id}`),
    ...unapproved.map(({ operation }) => `${operation} was approved by nobody`),
    ...(all.length === runsBefore ? [] : [`${runsBefore} runs, and ${all.length} after it came once more`]),
  ]
}

function bounds({ answer, world }: Seen): string[] {
  const texts = answer.results.flatMap(({ subject, ignored = '', refused = '' }) => [subject, ignored, refused])
  const records = [...world.received.values(), ...world.runs.values(), ...world.refused].map((one) =>
    JSON.stringify(one),
  )
  const received = [...world.received.values()].filter((one) => !isKept(one))
  return [
    ...(answer.results.length > MAX_RESULTS ? [`${answer.results.length} results`] : []),
    ...(answer.body.length > MAX_ANSWER ? [`an answer of ${answer.body.length} characters`] : []),
    ...texts
      .filter((text) => text.length > MAX_TEXT)
      .map((text) => `a text of ${text.length} characters: ${text.slice(0, 80)}`),
    ...[...texts, answer.body]
      .filter((text) => !text.isWellFormed())
      .map((text) => `half a character: ${JSON.stringify(text.slice(0, 80))}`),
    ...records.filter((text) => text.length > MAX_RECORD).map((text) => `a record of ${text.length} characters`),
    // Half a character is written as an escape.
    ...records
      .filter((text) => /(?<!\\)(\\\\)*\\u[dD][89a-fA-F]/.test(text))
      .map((text) => `half a character in a record: ${text.slice(0, 200)}`),
    ...received.map((one) => `a record that is not as it was: ${JSON.stringify(one).slice(0, 200)}`),
  ]
}

function isKept(record: Delivery): boolean {
  const text = JSON.stringify(record)
  const read = Delivery.safeParse(JSON.parse(text))
  return read.success && JSON.stringify(read.data).length === text.length
}

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype, Function.prototype]
const namesOf = (): string => JSON.stringify(PROTOTYPES.map((one) => Reflect.ownKeys(one).map(String)))
const NAMES = namesOf()

function prototypes(): string[] {
  return namesOf() === NAMES ? [] : ['a prototype was changed']
}

function shown(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : String(error)
}
