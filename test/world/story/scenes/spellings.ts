import { pick, whole } from '../../engine/chance.ts'
import { OPERATION_NAMES, type Wish, wishOf } from '../wishes.ts'
import { type Cue, clusterFor, instanceFor, momentOf } from './play.ts'

/** Of contention, one group for so many requests. */
const REQUESTS_A_GROUP = 25

/** Several ask for the same within minutes, and each spells it in another way. */
export function spellings(cue: Cue): Wish[] {
  const { random, number, contention } = cue
  const groups = contention ? Math.ceil(contention / REQUESTS_A_GROUP) : 1 + whole(4, random)
  return Array.from({ length: groups }, (_, index) => {
    const at = momentOf(cue)
    const operation = pick(OPERATION_NAMES, random)
    const id = operation.startsWith('dcs') ? instanceFor(cue, 2_000 + index) : clusterFor(cue, 2_000 + index)
    const apartMs = random() < 0.5 ? 200 : 60_000
    return Array.from({ length: 2 + whole(4, random) }, () => {
      const one = wishOf({ operation, id, number: number(), at: at + whole(apartMs, random), door: doorOf(random) })
      return { ...respelt(one, random), collision: random() < 0.7 ? ('queue' as const) : undefined }
    })
  }).flat()
}

function doorOf(random: () => number): 'api' | 'ticket' {
  return pick(['api', 'ticket'], random)
}

/** The same request in other words. */
function respelt(wish: Wish, random: () => number): Wish {
  const { operation } = wish
  const isDcs = operation.startsWith('dcs')
  const [target = {}] = wish.targets
  const placed = {
    ...target,
    ...pick<object>([{}, {}, { account: 'default' }, { account: 'second' }], random),
    ...pick<object>([{}, {}, { region: isDcs ? 'cn-north-4' : 'ap-guangzhou' }, { region: ALIAS }], random),
  }
  if (!isDcs) return { ...wish, targets: [{ ...placed, services: pick(ORDERS, random) }] }
  const named = operation.startsWith('dcs.node') ? pick<object>(NODES, random) : {}
  const shouted = random() < 0.2 ? { instanceId: String(target.instanceId).toUpperCase() } : {}
  const targets = [{ ...placed, ...named, ...shouted }]
  return mayBackUp(operation) && random() < 0.5
    ? { ...wish, targets, params: { ensureBackup: false } }
    : { ...wish, targets }
}

/** The endpoint answers for any region's name. */
const ALIAS = 'region-alias-1'

/** All nodes that there are, by name or not. */
const NODES = [{}, { nodeIds: ['node-1', 'node-2'] }, { nodeIds: ['node-2', 'node-1'] }]

const HDFS = { name: 'HDFS', components: [{ name: 'DataNode' }] }
const YARN = { name: 'YARN' }
const ORDERS = [
  [HDFS, YARN],
  [YARN, HDFS],
  [{ ...HDFS, name: 'hdfs' }, YARN],
]

function mayBackUp(operation: string): boolean {
  return ['dcs.node.stop', 'dcs.instance.flush', 'dcs.instance.stop'].includes(operation)
}
