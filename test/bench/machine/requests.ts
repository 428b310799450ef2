import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { signStandardWebhook } from '../../../lib/sources/verify/standard-webhooks.ts'
import { SOAK_TOKEN } from '../../soak/ask.ts'
import type { LoadRequest } from './senders.ts'

/** Ids of simulated instances. */
export function instanceIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`)
}

/** `POST /runs` for each instance. */
export function runRequests(operation: string, instances: string[]): LoadRequest[] {
  return instances.map((instanceId) => ({
    path: '/runs',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${SOAK_TOKEN}`,
      'idempotency-key': `bench-${operation}-${instanceId}`,
    },
    body: JSON.stringify({ operation, target: { instanceId }, reason: 'a bench' }),
  }))
}

/** Signed webhooks of a ticket for which there is no rule: each is verified, decided, and kept. */
export function webhooks(dataDir: string, name: string, count: number): LoadRequest[] {
  const secrets = JSON.parse(readFileSync(join(dataDir, 'webhook-secrets.json'), 'utf8'))
  return Array.from({ length: count }, (_, index) => {
    const id = `${name}-${index}`
    const data = { ticket: id, title: 'The cache of the orders is slow', priority: 'P2', team: 'payments' }
    const body = JSON.stringify({ type: 'ticket.created', data })
    const signed = signStandardWebhook(secrets.WEBHOOK_GENERIC_SECRETS, body, { id, atMs: Date.now() })
    return { path: '/webhooks/generic', headers: { 'content-type': 'application/json', ...signed }, body }
  })
}
