import { accountIn, environmentAccounts, type FindAccounts } from '../cloud/accounts.ts'
import type { FindProvider } from '../cloud/provider.ts'
import { findProviders } from '../cloud/providers.ts'
import { locationCheck } from '../runs/accept/location-check.ts'
import type { CheckLocation } from '../runs/ports.ts'
import type { CloudsConfig } from './config.ts'
import { secretAccounts } from './credentials.ts'
import { secretsManager } from './secret.ts'

/** The cloud providers of a function, with its accounts; and the check for accounts and regions that no run can use. */
export function functionProviders(config: CloudsConfig): { provider: FindProvider; checkLocation: CheckLocation } {
  const secretId = config.CREDENTIALS_SECRET
  const accounts: FindAccounts = secretId
    ? secretAccounts(secretsManager(), secretId, Date.now)
    : environmentAccounts(accountIn(config))
  const provider = findProviders(accounts, config.endpoints)
  return { provider, checkLocation: locationCheck(provider, accounts.readAtMs, Date.now) }
}
