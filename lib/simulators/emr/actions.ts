import type { RequestKind } from '../server/faults.ts'
import type { EmrAction } from './call.ts'
import { describeClusters } from './describe-clusters.ts'
import { describeOperations } from './describe-operations.ts'
import { describeProcesses } from './describe-processes.ts'
import { startStop } from './start-stop.ts'

interface Known {
  kind: Exclude<RequestKind, 'all'>
  carryOut: EmrAction
}

/** The simulated actions, by X-TC-Action. */
const ACTIONS: Record<string, Known> = {
  StartStopServiceOrMonitor: { kind: 'writes', carryOut: startStop },
  DescribeInstances: { kind: 'reads', carryOut: describeClusters },
  DescribeServiceNodeInfos: { kind: 'reads', carryOut: describeProcesses },
  DescribeInstanceOplog: { kind: 'reads', carryOut: describeOperations },
}

export function actionOf(name: string): Known | undefined {
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
}
