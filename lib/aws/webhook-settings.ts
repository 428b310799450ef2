import * as z from 'zod/mini'
import type { Lookup } from '../cloud/provider.ts'
import { cachedSecret, type SecretReader, secretsManager } from './secret.ts'

const Fields = z.record(z.string(), z.unknown())

/**
 * The settings of webhook sources: the environment, overridden by the fields of the secret.
 * @param secretId in Secrets Manager; without one, the environment alone counts
 * @returns finds the settings; reads the secret again on `refresh`
 */
export function webhookSettings(
  secretId: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  client: SecretReader = secretsManager(),
): (lookup?: Lookup) => Promise<Readonly<Record<string, unknown>>> {
  if (!secretId) return async () => environment
  const find = cachedSecret({
    client,
    secretId,
    nowMs: Date.now,
    parse: (secret) => {
      const fields = Fields.safeParse(secret).data
      return fields && { ...environment, ...fields }
    },
  })
  return async (lookup) => find(lookup)
}
