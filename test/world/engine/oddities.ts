import { pick } from './chance.ts'
import { world } from './current.ts'
import type { FaultKind } from './faults.ts'

/** In what an instance or a cluster is not as most are, as the documents allow it: drawn once for each. */

/** How nodes are listed; `proxy`: one more that nobody starts or stops; `faulty`: one more that is never Active. */
export type NodeList = 'whole' | 'empty' | 'null' | 'proxy' | 'faulty'

export interface OddInstance {
  nodes: NodeList
  /** The words of its tasks at work, after success, after failure. */
  taskWords: readonly [string, string, string]
  /** How the times of its backups are written. */
  timeOf: (ms: number) => string
}

const iso = (ms: number): string => new Date(ms).toISOString()
const plain = (ms: number): string => iso(ms).slice(0, 19).replace('T', ' ')

export const USUAL_INSTANCE: OddInstance = { nodes: 'whole', taskWords: ['RUNNING', 'SUCCESS', 'FAIL'], timeOf: iso }

const TASK_WORDS: readonly OddInstance['taskWords'][] = [
  ['EXECUTING', 'SUCCESS', 'FAILED'],
  ['CREATED', 'SUCCESS', 'FAILED'],
  ['EXECUTING', 'DELETED', 'DELETED'],
]

export function oddInstance(id: string): OddInstance {
  return {
    nodes: drawn('cloud lists nodes otherwise', id, ['empty', 'null', 'proxy', 'faulty']) ?? 'whole',
    taskWords: drawn('cloud has other words for tasks', id, TASK_WORDS) ?? USUAL_INSTANCE.taskWords,
    timeOf: drawn('cloud writes times of backups otherwise', id, [plain]) ?? iso,
  }
}

export interface OddCluster {
  /** `LastRestartTime`, in no zone or another. */
  restartTime: (ms: number) => string | null
  /** Each component is there twice on a node. */
  hasTwins: boolean
  hasClients: boolean
  hasLog: boolean
}

const RESTART_TIMES: readonly OddCluster['restartTime'][] = [
  (ms) => plain(ms).replaceAll(/(?<=[- :])0(?=\d)/g, ''),
  (ms) => iso(ms),
  (ms) => `${iso(ms + 8 * 3_600_000).slice(0, 19)}+08:00`,
  () => null,
  () => '--',
  () => 'yesterday',
]

export function oddCluster(id: string): OddCluster {
  return {
    restartTime: drawn('cloud writes restart times otherwise', id, RESTART_TIMES) ?? plain,
    hasTwins: drawn('cloud lists processes twice', id, [true]) ?? false,
    hasClients: drawn('cloud has roles without a process', id, [true]) ?? false,
    hasLog: drawn('cloud logs operations', id, [true]) ?? false,
  }
}

/** The rate is the share of instances or clusters. */
function drawn<Value>(kind: FaultKind, id: string, values: readonly Value[]): Value | undefined {
  const { faults, chance } = world()
  const random = (): number => chance('oddities', `${kind} ${id}`)
  if (random() >= faults.rateOf(kind)) return undefined
  faults.meet(kind, [id])
  return pick(values, random)
}
