import * as z from 'zod/mini'
import type { Lookup } from './provider.ts'
import { isEndpointVariable } from './service.ts'

/** Name of the account of targets that name none. */
export const DEFAULT_ACCOUNT = 'default'

const Value = z.catch(z.optional(z.string().check(z.minLength(1))), undefined)

/** Credentials of each cloud under one account name, by the vendors' own variables. */
export const Account = z.catchall(
  z.object({
    HUAWEICLOUD_SDK_AK: Value,
    HUAWEICLOUD_SDK_SK: Value,
    HUAWEICLOUD_SDK_PROJECT_ID: Value,
    HUAWEICLOUD_SDK_SECURITY_TOKEN: Value,
    TENCENTCLOUD_SECRET_ID: Value,
    TENCENTCLOUD_SECRET_KEY: Value,
    TENCENTCLOUD_TOKEN: Value,
  }),
  Value,
)
export type Account = z.infer<typeof Account>

/** Picks the account's variables from an environment or a secret. */
export function accountIn(fields: Readonly<Record<string, unknown>>): Account {
  const own = Object.entries(fields).filter(([name]) => Object.hasOwn(Account.shape, name) || isEndpointVariable(name))
  return Account.parse(Object.fromEntries(own))
}

/** Name -> account; `default` is for targets that name none. */
export type Accounts = ReadonlyMap<string, Account>

export interface FindAccounts {
  /** @throws {NoCredentials} */
  (lookup?: Lookup): Accounts | Promise<Accounts>
  /** When the accounts were read (epoch ms); absent where they never change. */
  readAtMs?: () => number
}

/** Gives the account of the environment, which never changes. */
export function environmentAccounts(account: Account): FindAccounts {
  const accounts = new Map([[DEFAULT_ACCOUNT, account]])
  return () => accounts
}
