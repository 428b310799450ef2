import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { jsonOf } from '../basics/json-of.ts'
import { type Lookup, NoCredentials } from '../cloud/provider.ts'

/** A read of the secret that hangs would otherwise outlive the invocation, and the next. */
export const SECRET_TIMEOUTS = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
}

/** What of the client is used. */
export interface SecretReader {
  send(command: GetSecretValueCommand): Promise<{ SecretString?: string | undefined }>
}

/** What a secret holds. */
export interface FindSecret<Value> {
  /** @throws {NoCredentials} */
  (lookup?: Lookup): Value | Promise<Value>
  /** When what is given was read (epoch ms); absent where it does not change. */
  readAtMs?: () => number
}

/** A rotated secret is seen after this at the latest, and at once where the old one is refused. */
const FRESH_MS = 5 * 60_000

/** Known ones are read again no more often than this, however many are refused, and however long Secrets Manager is down. */
const AGAIN_MS = 10_000

/**
 * A JSON secret in Secrets Manager, read again now and then; what was read stands in while it cannot be asked.
 * @param read what it means; undefined where it cannot be read so. The same value is given until the secret is read again.
 */
export function cachedSecret<Value>(
  client: SecretReader,
  secretId: string,
  nowMs: () => number,
  read: (secret: unknown) => Value | undefined,
): FindSecret<Value> {
  let known: { value: Value; atMs: number } | undefined
  /** When it was last asked for, for either reason. */
  const askedAtMs = { stale: Number.NEGATIVE_INFINITY, refused: Number.NEGATIVE_INFINITY }
  let asking: Promise<Value> | undefined

  const ask = async (): Promise<Value> => {
    try {
      known = { value: await fetchSecret(client, secretId, read), atMs: nowMs() }
    } catch (error) {
      if (!(error instanceof NoCredentials) || error.kind !== 'unavailable') known = undefined
      if (!known) throw error
    }
    return known.value
  }
  const find: FindSecret<Value> = ({ refresh = false } = {}) => {
    const why = refresh ? 'refused' : 'stale'
    if (known && !refresh && (asking || nowMs() - known.atMs < FRESH_MS)) return known.value
    if (known && !asking && nowMs() - askedAtMs[why] < AGAIN_MS) return known.value
    askedAtMs[why] = nowMs()
    // All who ask at once are answered by one read.
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }
  return Object.assign(find, { readAtMs: () => known?.atMs ?? Number.NEGATIVE_INFINITY })
}

async function fetchSecret<Value>(
  client: SecretReader,
  secretId: string,
  read: (secret: unknown) => Value | undefined,
): Promise<Value> {
  const text = await client.send(new GetSecretValueCommand({ SecretId: secretId })).then(
    ({ SecretString }) => SecretString,
    (error: Error) => {
      const kind = FOR_GOOD.has(error.name) ? 'unauthenticated' : 'unavailable'
      throw new NoCredentials(kind, `the secret ${secretId} cannot be read: ${error.name}`)
    },
  )
  const value = read(jsonOf(text ?? ''))
  if (value === undefined)
    throw new NoCredentials('unauthenticated', `the secret ${secretId} is not JSON of the form that is documented`)
  return value
}

/** Errors of Secrets Manager that waiting does not cure. */
const FOR_GOOD = new Set(['AccessDeniedException', 'ResourceNotFoundException', 'InvalidParameterException'])
