import { setTimeout as sleep } from 'node:timers/promises'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createCall } from '../cloud/call.ts'
import { createSend } from '../cloud/send.ts'
import type { Ports } from '../runs/ports.ts'
import type { CloudsConfig } from './config.ts'
import { environmentAccounts, secretAccounts } from './credentials.ts'
import { findProviders } from './providers.ts'
import { recordPorts } from './record-ports.ts'

/** A read of the secret that hangs would otherwise outlive the invocation, and the next. */
const PATIENCE = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
}

/** All ports, for the functions that ask the clouds. A file of its own, so that the others do not load the HTTP client. */
export function allPorts(config: CloudsConfig): Ports {
  const secretId = config.CREDENTIALS_SECRET
  const accounts = secretId
    ? secretAccounts(new SecretsManagerClient(PATIENCE), secretId, Date.now)
    : environmentAccounts(config)
  const provider = findProviders(accounts, config)
  const call = createCall({ send: createSend(), provider, nowMs: Date.now, random: Math.random, sleep })
  return { ...recordPorts(config), random: Math.random, call }
}
