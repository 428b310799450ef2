import type { Operation } from '../../../lib/cloud/operation.ts'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import { createBackup } from '../../../lib/services/dcs/backups.ts'
import { pick, whole } from './chance.ts'
import { world } from './current.ts'
import { idIn } from './targets.ts'

/** The name under which the truth keeps work that no run of ours asked for. */
export const CONSOLE = 'console'

/** What somebody does at the console of a cloud. */
export interface ByHand {
  operation: Operation
  input: unknown
}

/** They come so long after a resource is first heard of, at most. */
const WITHIN_MS = 40 * 60_000

const MOST_VISITS = 3

/** When people at the console begin work on a resource, past us: drawn for each resource, when it is first heard of. */
export function planVisits(resource: string, begin: (work: ByHand) => void): void {
  const { faults, chance, clock } = world()
  const random = (): number => chance('console', resource)
  const comes = random() < faults.rateOf('cloud somebody at the console')
  const visits = 1 + whole(MOST_VISITS, random)
  for (let visit = 0; comes && visit < visits; visit++) {
    const work = byHand(resource, random)
    clock.after(whole(WITHIN_MS, random), () => {
      // Whoever was to come does not, when trouble is over.
      if (work && faults.rateOf('cloud somebody at the console') > 0) begin(work)
    })
  }
}

/** What it shows for a while that is of nobody's operation: growth, a change of its address, unpaid bills. */
export interface OddState {
  status: string | number
  ms: number
}

const STATES: readonly string[] = [
  ...['EXTENDING', 'RESTORING', 'IPEXCHANGING', 'ROLLBACKING', 'UPGRADING', 'MIGRATING', 'FREEZING', 'PAYING'],
  ...['ERROR', 'FROZEN', 'CREATING', 'CREATEFAILED', 'DELETING', 'DELETED', 'CLOSED', 'RESTARTING', 'FLUSHING'],
  ...['STARTING', 'CLOSING', 'ANEW'],
]
const CLUSTER_STATES: readonly number[] = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 19, 20, 22, 23, 24, 33, 201, 301, 99,
]

const LONGEST_STATE_MS = 10 * 60_000

export function planStates(resource: string, begin: (state: OddState) => void): void {
  const { faults, chance, clock } = world()
  const random = (): number => chance('oddities', `state ${resource}`)
  const comes = random() < faults.rateOf('cloud resource in another state')
  const visits = 1 + whole(MOST_VISITS, random)
  for (let visit = 0; comes && visit < visits; visit++) {
    const status = resource.startsWith('huawei') ? pick(STATES, random) : pick(CLUSTER_STATES, random)
    const state = { status, ms: whole(LONGEST_STATE_MS, random) }
    clock.after(whole(WITHIN_MS, random), () => {
      if (faults.rateOf('cloud resource in another state') > 0) begin(state)
    })
  }
}

const HDFS = {
  services: [{ name: 'HDFS', components: [{ name: 'DataNode', nodes: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] }] }],
}

function byHand(resource: string, random: () => number): ByHand | undefined {
  const id = idIn(resource)
  if (resource.startsWith('tencent')) {
    const operation = CATALOGUE.get('emr.service.restart')
    const target = { clusterId: id, services: [{ name: 'HDFS' }] }
    return operation && { operation, input: { target, params: { strategy: { rolling: false } }, baseline: HDFS } }
  }
  const names = ['dcs.instance.restart', 'dcs.instance.swap', createBackup.name]
  const name = pick(names, random)
  if (name === createBackup.name)
    return { operation: createBackup as Operation, input: { instanceId: id, remark: 'by hand' } } // its input is made here
  const operation = CATALOGUE.get(name)
  return operation && { operation, input: { target: { instanceId: id }, params: {}, baseline: undefined } }
}
