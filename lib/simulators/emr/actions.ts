import type { RequestKind } from '../server/faults.ts'
import type { EmrAction } from './call.ts'
import { describeClusters } from './describe-clusters.ts'
import { describeOperations } from './describe-operations.ts'
import { describeProcesses } from './describe-processes.ts'
import { startStop } from './start-stop.ts'

interface Known {
  sort: Exclude<RequestKind, 'all'>
  carryOut: EmrAction
}

/** All that is simulated, by X-TC-Action. */
const ACTIONS: Record<string, Known> = {
  StartStopServiceOrMonitor: { sort: 'writes', carryOut: startStop },
  DescribeInstances: { sort: 'reads', carryOut: describeClusters },
  DescribeServiceNodeInfos: { sort: 'reads', carryOut: describeProcesses },
  DescribeInstanceOplog: { sort: 'reads', carryOut: describeOperations },
}

export function actionOf(name: string): Known | undefined {
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
}
