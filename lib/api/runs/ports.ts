import type { DefaultRegions } from '../../runs/accept/check-request.ts'
import type { BatchRequest, RunRequest } from '../../runs/accept/draft.ts'
import type { PlanPorts } from '../../runs/plan/show-requests.ts'
import type { Deployment } from '../deployment.ts'
import type { WaitPorts } from './wait.ts'

/** The ports of the routes for runs. */
export interface RoutePorts extends PlanPorts, Pick<WaitPorts, 'sleep' | 'isStopping'> {
  regions: DefaultRegions
  deployment: Deployment
  /**
   * The request with its limits, if the caller may ask for it.
   * @throws {NotAllowedError}
   */
  allow: <Request extends RunRequest | BatchRequest>(request: Request, who: string) => Request
  /** Makes an idempotency key for a request without one. */
  freshKey: () => string
}
