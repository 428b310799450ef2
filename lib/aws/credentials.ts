import * as z from 'zod'
import { DEFAULT_ACCOUNT } from '../cloud/target.ts'
import { cachedSecret, type FindSecret, type SecretReader } from './secret.ts'

/** Where the clouds' credentials come from: the environment, or one secret that holds several named accounts. */

const Value = z.string().min(1).optional().catch(undefined)

/** One account of each cloud, in the vendors' own names. */
export const Account = z.object({
  HUAWEICLOUD_SDK_AK: Value,
  HUAWEICLOUD_SDK_SK: Value,
  HUAWEICLOUD_SDK_PROJECT_ID: Value,
  HUAWEICLOUD_SDK_SECURITY_TOKEN: Value,
  TENCENTCLOUD_SECRET_ID: Value,
  TENCENTCLOUD_SECRET_KEY: Value,
  TENCENTCLOUD_TOKEN: Value,
  /** Where its site answers: European, financial and international accounts have others. `{region}` stands for the region. */
  HUAWEICLOUD_DCS_ENDPOINT: Value,
  TENCENTCLOUD_EMR_ENDPOINT: Value,
})
export type Account = z.infer<typeof Account>

/** Name -> account; `default` is that of targets that name none. */
export type Accounts = ReadonlyMap<string, Account>

export type FindAccounts = FindSecret<Accounts>

/** The account of the environment, which does not change. */
export function environmentAccounts(account: Account): FindAccounts {
  const accounts = new Map([[DEFAULT_ACCOUNT, account]])
  return () => accounts
}

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
