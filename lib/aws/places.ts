import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { accountIn, environmentAccounts, type FindAccounts } from '../cloud/accounts.ts'
import type { FindProvider } from '../cloud/provider.ts'
import { findProviders } from '../cloud/providers.ts'
import { locationCheck } from '../runs/accept/location-check.ts'
import type { CheckLocation } from '../runs/ports.ts'
import type { CloudsConfig } from './config.ts'
import { secretAccounts } from './credentials.ts'
import { SECRET_TIMEOUTS } from './secret.ts'

/** The accounts of a function, bound to their clouds; and what no run can go to. */
export function placesOf(config: CloudsConfig): { provider: FindProvider; checkLocation: CheckLocation } {
  const secretId = config.CREDENTIALS_SECRET
  const accounts: FindAccounts = secretId
    ? secretAccounts(new SecretsManagerClient(SECRET_TIMEOUTS), secretId, Date.now)
    : environmentAccounts(accountIn(config))
  const provider = findProviders(accounts, config.endpoints)
  return { provider, checkLocation: locationCheck(provider, accounts.readAtMs, Date.now) }
}
