import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { NoCredentials } from '../cloud/provider.ts'

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
})
export type Account = z.infer<typeof Account>

/** Name -> account; `default` is that of targets that name none. */
export type Accounts = ReadonlyMap<string, Account>

/** @param renewed those known were refused: look again. @throws {NoCredentials} */
export type FindAccounts = (renewed: boolean) => Accounts | Promise<Accounts>

export const DEFAULT_ACCOUNT = 'default'

/** The account of the environment, which does not change. */
export function environmentAccounts(account: Account): FindAccounts {
  const accounts = new Map([[DEFAULT_ACCOUNT, account]])
  return () => accounts
}

/** The fields of the default account stand at the top, as in the environment; the others in `accounts`, by name. */
const Secret = Account.extend({ accounts: z.record(z.string(), Account).default({}) })

/** A rotated secret is seen after this at the latest, and at once where the old one is refused. */
const FRESH_MS = 5 * 60_000

/** Known ones are read again no more often than this, however many runs are refused, and however long Secrets Manager is down. */
const AGAIN_MS = 10_000

/** The accounts of a secret in Secrets Manager, read again now and then; what was read stands in while it cannot be asked. */
export function secretAccounts(client: SecretsManagerClient, secretId: string, nowMs: () => number): FindAccounts {
  let known: { accounts: Accounts; atMs: number } | undefined
  /** When it was last asked for, for either reason. */
  const askedAtMs = { fresh: Number.NEGATIVE_INFINITY, renewed: Number.NEGATIVE_INFINITY }
  let asking: Promise<Accounts> | undefined

  const read = async (): Promise<Accounts> => {
    try {
      known = { accounts: await readSecret(client, secretId), atMs: nowMs() }
    } catch (error) {
      if (!(error instanceof NoCredentials) || error.kind !== 'unavailable') known = undefined
      if (!known) throw error
    }
    return known.accounts
  }
  return (renewed) => {
    const why = renewed ? 'renewed' : 'fresh'
    if (known && !renewed && (asking || nowMs() - known.atMs < FRESH_MS)) return known.accounts
    if (known && !asking && nowMs() - askedAtMs[why] < AGAIN_MS) return known.accounts
    askedAtMs[why] = nowMs()
    // All who ask at once are answered by one read.
    asking ??= read().finally(() => {
      asking = undefined
    })
    return asking
  }
}

async function readSecret(client: SecretsManagerClient, secretId: string): Promise<Accounts> {
  const text = await client.send(new GetSecretValueCommand({ SecretId: secretId })).then(
    ({ SecretString }) => SecretString,
    (error: Error) => {
      const kind = FOR_GOOD.has(error.name) ? 'unauthenticated' : 'unavailable'
      throw new NoCredentials(kind, `the secret ${secretId} cannot be read: ${error.name}`)
    },
  )
  const secret = Secret.safeParse(jsonOf(text ?? ''))
  if (!secret.success) throw new NoCredentials('unauthenticated', `the secret ${secretId} is not the JSON of accounts`)
  const { accounts, ...own } = secret.data
  return new Map([...Object.entries(accounts), [DEFAULT_ACCOUNT, accounts[DEFAULT_ACCOUNT] ?? own]])
}

/** Errors of Secrets Manager that waiting does not cure. */
const FOR_GOOD = new Set(['AccessDeniedException', 'ResourceNotFoundException', 'InvalidParameterException'])

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
