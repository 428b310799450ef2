import { NoCredentials } from '../../../lib/cloud/provider.ts'
import { acting, whenAwake, world } from '../engine/current.ts'
import { lacksSecret, SECRET_MS } from '../engine/secrets.ts'

/** Stands in for `lib/aws/webhook-settings.ts` in a simulation: what was read of a secret ends with its world. */
export function webhookSettings(
  _secretId: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): () => Promise<Readonly<Record<string, unknown>>> {
  return async () => {
    const { worker } = acting()
    if (!lacksSecret(worker)) return environment
    await new Promise<void>((resolve) => world().clock.after(SECRET_MS, () => whenAwake(worker, resolve)))
    throw new NoCredentials('unavailable', 'the secret cannot be read: TimeoutError')
  }
}
