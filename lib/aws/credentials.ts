import * as z from 'zod/mini'
import { accountIn, DEFAULT_ACCOUNT, type FindAccounts } from '../cloud/accounts.ts'
import { cachedSecret, type SecretReader } from './secret.ts'

const Fields = z.record(z.string(), z.unknown())

/** The top level holds the default account, as the environment does; `accounts` holds the others by name. */
const Secret = z.looseObject({ accounts: z._default(z.record(z.string(), Fields), {}) })

/** The accounts of a secret in Secrets Manager. */
export function secretAccounts(client: SecretReader, secretId: string, nowMs: () => number): FindAccounts {
  const parse = (secret: unknown) => {
    const parsed = Secret.safeParse(secret)
    if (!parsed.success) return undefined
    const { accounts, ...own } = parsed.data
    const all = { ...accounts, [DEFAULT_ACCOUNT]: accounts[DEFAULT_ACCOUNT] ?? own }
    return new Map(Object.entries(all).map(([name, fields]) => [name, accountIn(fields)]))
  }
  return cachedSecret({ client, secretId, nowMs, parse })
}
