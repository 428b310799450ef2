import { pick, streamOf, whole } from '../engine/chance.ts'
import { START } from '../engine/globals.ts'

export type Door = 'api' | 'ticket' | 'alarm'

/** Something that somebody wants to be done. */
export interface Wish {
  number: number
  at: number
  door: Door
  operation: string
  target: Record<string, unknown>
  params: Record<string, unknown> | undefined
  /** Targets beside that one, for which it is wished, too. */
  more: Record<string, unknown>[]
  collision: 'queue' | 'reject' | 'skip' | undefined
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

function dcsId(number: number): string {
  return `2e803f66-fbb0-47ad-b6cb-${String(number).padStart(12, '0')}`
}

function emrId(number: number): string {
  return `emr-sim${String(number).padStart(5, '0')}`
}

/** What is wished for in the world of a seed, within so many ms: on few targets, so that wishes meet. */
export function wishesOf(seed: number, withinMs: number): Wish[] {
  const random = streamOf(seed, 'wishes')
  const count = 10 + whole(50, random)
  const instances = 2 + whole(count, random)
  const clusters = 1 + whole(1 + count / 6, random)
  return Array.from({ length: count }, (_, number) => {
    const operation = pick(Object.keys(OPERATIONS), random)
    const id = operation.startsWith('dcs')
      ? { instanceId: dcsId(whole(instances, random)) }
      : { clusterId: emrId(whole(clusters, random)) }
    const door = pick<Door>(['api', 'ticket', 'alarm'], random)
    const at = START + 1_000 + whole(withinMs, random)
    // Now and then a key that another wish has: that is told to whoever asks.
    const key = `wish-${random() < 0.03 ? whole(count, random) : number}`
    const wish = wishFor(operation, id, random() < 0.3)
    const many = operation.startsWith('dcs') && door !== 'alarm' && random() < 0.15
    const others = many ? Array.from({ length: 1 + whole(5, random) }, () => dcsId(whole(instances, random))) : []
    const more = others.map((instanceId) => ({ ...wish.target, instanceId }))
    const said = pick(['unsaid', 'queue', 'reject', 'skip'] as const, random)
    const collision = said === 'unsaid' ? undefined : said
    return { number, at, door, key, operation, ...wish, more, collision }
  })
}

/** Which instance or cluster a target is. */
export function idOf(target: Record<string, unknown>): string {
  return String(target.instanceId ?? target.clusterId)
}

/** A wish for an operation on a target. */
export function wishFor(operation: string, id: object, backUp = false): Pick<Wish, 'target' | 'params'> {
  const { target, params, mayBackUp } = OPERATIONS[operation] ?? {}
  const backedUp = mayBackUp && backUp ? { ensureBackup: true } : undefined
  return { target: { ...id, ...target }, params: { ...params, ...backedUp } }
}
