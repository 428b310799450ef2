import * as z from 'zod'
import { DEFAULT_ACCOUNT } from '../services/target.ts'

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

export interface FindAccounts {
  /** @param renewed what is known was refused: look again. @throws {NoCredentials} */
  (renewed: boolean): Accounts | Promise<Accounts>
  /** When what is given was read (epoch ms); absent where it does not change. */
  readAtMs?: () => number
}

/** The account of the environment, which does not change. */
export function environmentAccounts(account: Account): FindAccounts {
  const accounts = new Map([[DEFAULT_ACCOUNT, account]])
  return () => accounts
}
