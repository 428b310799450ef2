import { setTimeout as sleep } from 'node:timers/promises'
import { withBreaker } from '../cloud/breaker.ts'
import { createCall } from '../cloud/call.ts'
import type { FindProvider } from '../cloud/provider.ts'
import { createSend, MANY_CONNECTIONS } from '../cloud/send.ts'
import { withSharedReads } from '../cloud/shared-reads.ts'
import type { Ports } from '../runs/ports.ts'
import type { CloudsConfig } from './config.ts'
import { functionProviders } from './function-providers.ts'
import { recordPorts } from './record-ports.ts'

/** All ports, for the functions that call the clouds. In its own file, so that other functions do not load the HTTP client. */
export function allPorts(config: CloudsConfig): Ports {
  return portsWith(config, functionProviders(config).provider)
}

/** All ports, with these providers. */
export function portsWith(config: CloudsConfig, provider: FindProvider): Ports {
  const parts = { send: createSend(MANY_CONNECTIONS), provider, nowMs: Date.now, random: Math.random, sleep }
  const call = withSharedReads(withBreaker(createCall(parts), Date.now), Date.now)
  return { ...recordPorts(config), random: Math.random, call }
}
