import type { Collision } from '../../../lib/runs/run.ts'
import { pick, streamOf, whole } from '../engine/chance.ts'
import { START } from '../engine/globals.ts'

export type Door = 'api' | 'ticket' | 'alarm'

/** Something that somebody wants to be done. */
export interface Wish {
  number: number
  at: number
  door: Door
  operation: string
  /** One, or many in one request. */
  targets: Record<string, unknown>[]
  params: Record<string, unknown> | undefined
  /** What is to become of it where another wish has the target; unless given, as the door has it. */
  collision: Collision | undefined
  /** It is withdrawn so long after it was accepted (ms). */
  cancelAfterMs: number | undefined
  /** It is withdrawn at that time, with others. */
  cancelAt?: number
  /** When the state of an alarm changed, where that is not when it is delivered. */
  occurredAt?: number
  /** What the alarm is called, unless as its operation; and whether it fires or is resolved. */
  alarm?: { name: string; state: 'ALARM' | 'OK' }
  /** Idempotency key, delivery id, or the alarm's time. */
  key: string
}

/** How to fill in what an operation needs; the places are those of the rules of the simulation. */
const HDFS = { services: [{ name: 'HDFS' }] }
const OPERATIONS: Readonly<Record<string, { target?: object; params?: object; mayBackUp?: boolean }>> = {
  'dcs.node.start': {},
  'dcs.node.stop': { mayBackUp: true },
  'dcs.instance.swap': {},
  'dcs.shard.failover': { target: { groupId: 'g', nodeId: 'node-2' } },
  'dcs.instance.restart': {},
  'dcs.instance.soft-restart': {},
  'dcs.instance.flush': { mayBackUp: true },
  'dcs.instance.stop': { mayBackUp: true },
  'dcs.instance.start': {},
  'emr.service.start': { target: HDFS },
  'emr.service.stop': { target: HDFS },
  'emr.service.restart': { target: HDFS, params: { strategy: { rolling: false } } },
  'emr.monitor.start': { target: HDFS },
  'emr.monitor.stop': { target: HDFS },
}

export const OPERATION_NAMES: readonly string[] = Object.keys(OPERATIONS)

export function dcsId(number: number): string {
  return `2e803f66-fbb0-47ad-b6cb-${String(number).padStart(12, '0')}`
}

export function emrId(number: number): string {
  return `emr-sim${String(number).padStart(5, '0')}`
}

/** What kind of requests a world is about. */
export interface Asked {
  /** Asked for more often. */
  favoured?: string | undefined
  /** So many requests, all for one instance and one cluster. */
  contention?: number | undefined
}

/** What is wished for in the world of a seed, within so many ms: on few targets, so that wishes meet. */
export function wishesOf(seed: number, withinMs: number, { favoured, contention }: Asked = {}): Wish[] {
  const random = streamOf(seed, 'wishes')
  const count = contention ?? 8 + whole(45, random)
  const places = contention
    ? { instances: 1, clusters: 1 }
    : { instances: 2 + whole(count, random), clusters: 1 + whole(1 + count / 6, random) }
  // In half of the worlds one operation is asked for again and again.
  const names = OPERATION_NAMES
  const favourite = favoured ?? (random() < 0.5 ? pick(names, random) : undefined)
  const wishes: Wish[] = []
  for (let number = 0; number < count; number++) {
    const operation = favourite && random() < 0.6 ? favourite : pick(names, random)
    const made = wishAt(number, operation, places, withinMs, random)
    // The same wish by somebody else, soon after: it joins.
    const other = random() < 0.1 && number > 0 ? pick(wishes, random) : undefined
    const same = other && { operation: other.operation, targets: other.targets, params: other.params }
    wishes.push(other ? { ...made, ...same, at: other.at + whole(120_000, random) } : made)
  }
  return wishes
}

function wishAt(
  number: number,
  operation: string,
  places: { instances: number; clusters: number },
  withinMs: number,
  random: () => number,
): Wish {
  const door = pick<Door>(['api', 'ticket', 'alarm'], random)
  const mayBeMany = operation.startsWith('dcs') && door !== 'alarm' && random() < 0.1
  const first = whole(places.instances, random)
  const ids = Array.from({ length: mayBeMany ? Math.min(places.instances, 2 + whole(6, random)) : 1 }, (_, index) =>
    operation.startsWith('dcs')
      ? { instanceId: dcsId((first + index) % places.instances) }
      : { clusterId: emrId(whole(places.clusters, random)) },
  )
  return {
    number,
    at: START + 1_000 + whole(withinMs, random),
    door,
    operation,
    ...wishFor(operation, ids, random() < 0.3),
    collision: random() < 0.4 ? pick<Collision>(['queue', 'reject', 'skip'], random) : undefined,
    cancelAfterMs: random() < 0.1 ? Math.floor(random() ** 3 * 300_000) : undefined,
    // Now and then a key that another wish has: that is told to whoever asks.
    key: `wish-${random() < 0.03 ? whole(number + 1, random) : number}`,
  }
}

/** Which instance or cluster a target is. */
export function idOf(target: Record<string, unknown>): string {
  return String(target.instanceId ?? target.clusterId).toLowerCase()
}

/** An operation, asked for as its fields say; the rest is as most requests have it. */
export function wishOf({
  operation,
  id,
  ...fields
}: { operation: string; id: string } & Pick<Wish, 'number' | 'at' | 'door'> & Partial<Wish>): Wish {
  const made = wishFor(operation, [operation.startsWith('dcs') ? { instanceId: id } : { clusterId: id }])
  return {
    ...{ operation, ...made, collision: undefined, cancelAfterMs: undefined, key: `wish-${fields.number}` },
    ...fields,
  }
}

/** Operations of the cloud of an instance or cluster. */
export function operationsOn(id: string): string[] {
  return OPERATION_NAMES.filter((name) => name.startsWith(id.startsWith('emr') ? 'emr' : 'dcs'))
}

/** What is wished for, of an operation on these. */
export function wishFor(operation: string, ids: object[], backUp = false): Pick<Wish, 'targets' | 'params'> {
  const { target, params, mayBackUp } = OPERATIONS[operation] ?? {}
  const backedUp = mayBackUp && backUp ? { ensureBackup: true } : undefined
  return { targets: ids.map((id) => ({ ...id, ...target })), params: { ...params, ...backedUp } }
}
