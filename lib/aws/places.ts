import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type FindProvider, NoCredentials } from '../cloud/provider.ts'
import type { RefusePlace } from '../runs/ports.ts'
import type { CloudsConfig } from './config.ts'
import { environmentAccounts, secretAccounts } from './credentials.ts'
import { findProviders } from './providers.ts'
import { SECRET_PATIENCE } from './secret.ts'

/** The accounts of a function, bound to their clouds. */
export function providersOf(config: CloudsConfig): FindProvider {
  const secretId = config.CREDENTIALS_SECRET
  const accounts = secretId
    ? secretAccounts(new SecretsManagerClient(SECRET_PATIENCE), secretId, Date.now)
    : environmentAccounts(config)
  return findProviders(accounts, config)
}

/** Says at the door that no run can go to a place. What only we can mend is no fault of who asks. */
export function refusePlace(provider: FindProvider): RefusePlace {
  const asked = async ([name, place]: Parameters<RefusePlace>, renewed: boolean): ReturnType<RefusePlace> => {
    try {
      await provider(name, place, renewed)
      return undefined
    } catch (error) {
      if (!(error instanceof NoCredentials)) throw error
      return error.field && { field: error.field, message: error.message }
    }
  }
  // It may have been added just now.
  return async (...place) => (await asked(place, false)) && asked(place, true)
}
