import * as z from 'zod'
import { Account, DEFAULT_ACCOUNT, type FindAccounts } from '../cloud/accounts.ts'
import { cachedSecret, type SecretReader } from './secret.ts'

/** The fields of the default account stand at the top, as in the environment; the others in `accounts`, by name. */
const Secret = Account.extend({ accounts: z.record(z.string(), Account).default({}) })

/** The accounts of a secret in Secrets Manager. */
export function secretAccounts(client: SecretReader, secretId: string, nowMs: () => number): FindAccounts {
  return cachedSecret(client, secretId, nowMs, (secret) => {
    const parsed = Secret.safeParse(secret)
    if (!parsed.success) return undefined
    const { accounts, ...own } = parsed.data
    return new Map([...Object.entries(accounts), [DEFAULT_ACCOUNT, accounts[DEFAULT_ACCOUNT] ?? own]])
  })
}
