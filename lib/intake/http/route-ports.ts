import type { PlanPorts } from '../../runs/show-requests.ts'
import type { DefaultRegions } from '../../runs/wish.ts'

/** What the routes need of the world. */
export interface RoutePorts extends PlanPorts {
  regions: DefaultRegions
  /** Stands in where a request brings no idempotency key. */
  freshKey: () => string
  sleep: (ms: number) => Promise<unknown>
}
