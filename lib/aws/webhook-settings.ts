import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import type { Lookup } from '../cloud/provider.ts'
import { cachedSecret, SECRET_TIMEOUTS, type SecretReader } from './secret.ts'

const Fields = z.record(z.string(), z.unknown())

/**
 * What the sources of webhooks are configured with: the environment, and over it the fields of the secret.
 * @param secretId of Secrets Manager; without one, the environment alone
 * @returns asks for them, again where `refresh` is wanted
 */
export function webhookSettings(
  secretId: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  client?: SecretReader,
): (lookup?: Lookup) => Promise<Readonly<Record<string, unknown>>> {
  if (!secretId) return async () => environment
  const find = cachedSecret(client ?? new SecretsManagerClient(SECRET_TIMEOUTS), secretId, Date.now, (secret) => {
    const fields = Fields.safeParse(secret).data
    return fields && { ...environment, ...fields }
  })
  return async (lookup) => find(lookup)
}
