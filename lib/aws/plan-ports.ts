import { createShow } from '../cloud/show.ts'
import type { PlanPorts } from '../runs/plan/show-requests.ts'
import { portsWith } from './cloud-ports.ts'
import type { CloudsConfig } from './config.ts'
import { functionProviders } from './function-providers.ts'

/** All ports, and those that show a request without sending it. */
export function planPorts(config: CloudsConfig): PlanPorts {
  const { provider, checkLocation } = functionProviders(config)
  const show = createShow({ provider, nowMs: Date.now })
  return { ...portsWith(config, provider), checkLocation, show }
}
