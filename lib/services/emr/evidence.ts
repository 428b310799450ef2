import type { Evidence, Facts, Read } from '../tracking.ts'
import { findLogged } from './operation-log.ts'
import { Targeted } from './processes.ts'
import { readClusterStatus } from './reads.ts'
import { judgeStatus } from './states.ts'
import type { ClusterTarget } from './target.ts'
import { type Goal, observeProcesses } from './wanted.ts'

/**
 * What shows of work on a cluster whose answer was lost. Where the log of operations has it, it has begun; that it has not proves
 * nothing.
 */
export function evidenceOfOperation(wanted: Goal) {
  const seen = evidenceOfProcesses(wanted)
  return async (read: Read, facts: Facts<ClusterTarget>): Promise<Evidence> => {
    const trace = await seen(read, facts)
    if ('begun' in trace) return trace
    const observed = await findLogged(read, facts, wanted.logged)
    return observed ? { begun: 'working', observed } : trace
  }
}

/** What shows of it on the cluster and its processes. */
export function evidenceOfProcesses(wanted: Goal) {
  return async (
    read: Read,
    { target, baseline }: Pick<Facts<ClusterTarget>, 'target' | 'baseline'>,
  ): Promise<Evidence> => {
    const { verdict, observed } = judgeStatus(await readClusterStatus(read, target.clusterId))
    const cluster = `CLUSTER ${observed}`
    if (showsWork(wanted, observed)) return { begun: 'working', observed: cluster }
    if (verdict !== 'done') return { unclear: cluster }
    const before = Targeted.parse(baseline)
    const { total, missing, unreadable } = await observeProcesses(read, target.clusterId, before, wanted)
    const there = total - missing.length - unreadable.length
    const seen = `${there} OF ${total} ${wanted.as}`
    const wereSo = wanted.mayHaveBeen ? before.wereSo : 0
    if (wereSo === undefined || there <= wereSo) return { unclear: wereSo ? `${seen}, ${wereSo} BEFORE` : seen }
    return { begun: there === total ? 'done' : 'working', observed: seen }
  }
}

/** Whether a cluster shows this very work. The second is what it shows of any operation where it does not show the first. */
export function showsWork({ meanwhile }: Goal, observed: string): boolean {
  return observed === meanwhile || observed === 'EXECUTING COMMAND'
}
