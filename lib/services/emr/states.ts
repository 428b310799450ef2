import { judge, type Observation, type Verdict } from '../tracking.ts'

/** Status code of a cluster (DescribeInstances, `ClusterList.Status`) -> the name that we show, and its verdict. */
const STATUS: Readonly<Record<number, [string, Verdict]>> = {
  2: ['RUNNING', 'done'],
  3: ['CREATING', 'pending'],
  4: ['SCALING OUT', 'pending'],
  5: ['ADDING ROUTER', 'pending'],
  6: ['INSTALLING COMPONENT', 'pending'],
  7: ['EXECUTING COMMAND', 'pending'],
  8: ['RESTARTING SERVICE', 'pending'],
  9: ['ENTERING MAINTENANCE', 'pending'],
  10: ['PAUSING SERVICE', 'pending'],
  11: ['LEAVING MAINTENANCE', 'pending'],
  12: ['LEAVING PAUSE', 'pending'],
  13: ['PUSHING CONFIGURATION', 'pending'],
  14: ['DESTROYING CLUSTER', 'failed'],
  15: ['DESTROYING CORE NODE', 'pending'],
  16: ['DESTROYING TASK NODE', 'pending'],
  17: ['DESTROYING ROUTER', 'pending'],
  18: ['CHANGING PROXY PASSWORD', 'pending'],
  19: ['ISOLATING', 'failed'],
  20: ['REVERSING', 'pending'],
  21: ['RECYCLING', 'failed'],
  22: ['WAITING FOR SPECIFICATION', 'pending'],
  23: ['ISOLATED', 'failed'],
  24: ['SCALING IN', 'pending'],
  33: ['WAITING FOR REFUND', 'failed'],
  34: ['REFUNDED', 'failed'],
  201: ['DESTROYED', 'failed'],
  301: ['CREATION FAILED', 'failed'],
  // The cluster failed to grow, and works as before.
  302: ['SCALE-OUT FAILED', 'done'],
}

/** Name -> verdict. */
export const CLUSTER_VALUES: Readonly<Record<string, Verdict>> = Object.fromEntries(Object.values(STATUS))

const CELLS: Readonly<Record<Verdict, string>> = { done: 'sent', pending: 'waits', failed: 'refused' }

/** The table of the README, in Markdown. It holds for all operations. */
export function tableOfClusterStates(): string {
  const rows = Object.entries(STATUS).map(([code, [name, verdict]]) => {
    const source = code === '201' ? "Tencent's Terraform provider" : 'DescribeInstances'
    return [code, name.toLowerCase(), CELLS[verdict], verdict, source]
  })
  const head = ['Status', 'Name', 'before', 'then', 'Source']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Judges a status; a status that is not in the table counts as at work. */
export function judgeStatus(code: number): Observation {
  const [name] = STATUS[code] ?? [`STATUS ${code}`]
  const observed = judge(CLUSTER_VALUES, name)
  return { ...observed, ...(observed.verdict === 'pending' ? { atWork: true } : {}) }
}
