import * as z from 'zod'
import type { Lookup } from './provider.ts'
import { isEndpointVariable } from './service.ts'

/** The account of targets that name none. */
export const DEFAULT_ACCOUNT = 'default'

const Value = z.string().min(1).optional().catch(undefined)

/** One account of each cloud, in the vendors' own names. */
export const Account = z
  .object({
    HUAWEICLOUD_SDK_AK: Value,
    HUAWEICLOUD_SDK_SK: Value,
    HUAWEICLOUD_SDK_PROJECT_ID: Value,
    HUAWEICLOUD_SDK_SECURITY_TOKEN: Value,
    TENCENTCLOUD_SECRET_ID: Value,
    TENCENTCLOUD_SECRET_KEY: Value,
    TENCENTCLOUD_TOKEN: Value,
  })
  // Endpoints of its site, by their variables: European, financial and international accounts have others. `{region}` is replaced.
  .catchall(Value)
export type Account = z.infer<typeof Account>

/** The account that an environment, or a secret, configures among other things. */
export function accountIn(fields: Readonly<Record<string, unknown>>): Account {
  const own = Object.entries(fields).filter(([name]) => Object.hasOwn(Account.shape, name) || isEndpointVariable(name))
  return Account.parse(Object.fromEntries(own))
}

/** Name -> account; `default` is that of targets that name none. */
export type Accounts = ReadonlyMap<string, Account>

export interface FindAccounts {
  /** @throws {NoCredentials} */
  (lookup?: Lookup): Accounts | Promise<Accounts>
  /** When what is given was read (epoch ms); absent where it does not change. */
  readAtMs?: () => number
}

/** The account of the environment, which does not change. */
export function environmentAccounts(account: Account): FindAccounts {
  const accounts = new Map([[DEFAULT_ACCOUNT, account]])
  return () => accounts
}
