import { likeAny } from '../../lib/rules/pattern.ts'
import { RULES } from './alarm-event.ts'
import { ALARMS, OPERATIONS, type SoakOperation } from './operations.ts'

export type Door = 'http' | 'webhook' | 'alarm'

/** One wish: whatever happens, it is to become one run. */
export interface Wish extends Pick<SoakOperation, 'operation' | 'work' | 'cloud' | 'params' | 'begins'> {
  /** Idempotency key, webhook id or the alarm's name: the same each time that it is sent. */
  key: string
  door: Door
  /** The instance or the cluster. */
  resource: string
  /** When it is sent first, after the beginning. */
  atMs: number
  /** So many senders send it at the same moment. */
  copies: number
  /** Sent once more, so long after it was accepted. */
  againAfterMs?: number
  /** Another wish is for the same resource, at nearly the same time. */
  meets: boolean
}

/** Of all wishes: those for a resource that another wish is for, those sent twice at once, and those sent again later. */
const MEETING = 0.12
const TWICE = 0.3
const AGAIN = 0.1
const DOORS: readonly [Door, number][] = [
  ['http', 0.6],
  ['webhook', 0.22],
  ['alarm', 0.18],
]
/** Senders that act at the same moment, on average. */
const BURST = 3
/** Two wishes for one resource come within this time. */
const MEETING_MS = 1_500

/** Plans so many wishes over `spanMs`. @param random uniform in [0, 1) */
export function planWishes(count: number, spanMs: number, random: () => number): Wish[] {
  const moments = Array.from({ length: Math.ceil(count / BURST) }, () => Math.floor(random() * spanMs))
  const wishes: Wish[] = []
  for (let number = 0; number < count; number++) {
    const before = wishes.at(-1)
    const canMeet = before !== undefined && !before.meets && meeting.some(({ work }) => work === before.work)
    wishes.push(
      canMeet && random() < MEETING ? met(before, number, random) : alone(number, pick(moments, random), random),
    )
  }
  return wishes.sort((a, b) => a.atMs - b.atMs)
}

const meeting = OPERATIONS.filter(({ meets }) => meets)

function alone(number: number, atMs: number, random: () => number): Wish {
  const door = byShare(DOORS, ([, share]) => share, random)[0]
  const possible = OPERATIONS.filter(({ operation, begins }) => {
    if (door === 'alarm') return ALARMS.has(operation) && !begins
    return door === 'http' || RULES.requests.some(({ run }) => likeAny(run, operation))
  })
  const { share, meets, ...operation } = byShare(possible, (one) => one.share, random)
  const resource = operation.cloud === 'dcs' ? instanceId(number) : clusterId(number)
  return { ...operation, ...sent(number, random), door, resource, atMs, meets: false }
}

/** A wish for the resource of the one before, half of the times the very same one. Marks both. */
function met(before: Wish, number: number, random: () => number): Wish {
  before.meets = true
  const same = meeting.filter(({ work }) => work === before.work)
  const { share, ...operation } = pick(random() < 0.5 ? same : meeting, random)
  const atMs = before.atMs + Math.floor(random() * MEETING_MS)
  return { ...operation, ...sent(number, random), door: 'http', resource: before.resource, atMs, meets: true }
}

function sent(number: number, random: () => number): Pick<Wish, 'key' | 'copies' | 'againAfterMs'> {
  const copies = random() < TWICE ? 2 : 1
  const again = random() < AGAIN ? { againAfterMs: 2_000 + Math.floor(random() * 20_000) } : {}
  return { key: `soak-${number}`, copies, ...again }
}

function instanceId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

function clusterId(number: number): string {
  return `emr-${number.toString(36).padStart(8, '0')}`
}

function pick<T>(from: readonly T[], random: () => number): T {
  return byShare(from, () => 1, random)
}

/** @throws {Error} where there is nothing to choose from */
function byShare<T>(from: readonly T[], shareOf: (one: T) => number, random: () => number): T {
  let left = random() * from.reduce((sum, one) => sum + shareOf(one), 0)
  const found = from.find((one) => {
    left -= shareOf(one)
    return left < 0
  })
  if (found === undefined) throw new Error('nothing to choose from')
  return found
}
