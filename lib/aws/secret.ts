import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { jsonOf } from '../basics/json-of.ts'
import { type Lookup, NoCredentials } from '../cloud/provider.ts'

/** Without time-outs, a hanging read of the secret would outlive the invocation, and the next. */
const SECRET_TIMEOUTS = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
}

/** The part of the Secrets Manager client that is used. */
export interface SecretReader {
  send(command: GetSecretValueCommand): Promise<{ SecretString?: string | undefined }>
}

/** Secrets Manager. The client is made for the first read: not every start of a function reads a secret. */
export function secretsManager(): SecretReader {
  let client: SecretReader | undefined
  return {
    send: (command) => {
      client ??= new SecretsManagerClient(SECRET_TIMEOUTS)
      return client.send(command)
    },
  }
}

/** Finds the value of a secret. */
export interface FindSecret<Value> {
  /** @throws {NoCredentials} */
  (lookup?: Lookup): Value | Promise<Value>
  /** When the current value was read (epoch ms); absent where the value never changes. */
  readAtMs?: () => number
}

/** A rotated secret is read after this time at the latest, and at once if the old one is refused. */
const FRESH_MS = 5 * 60_000

/** A known value is read again no more often than this, even if it is refused or Secrets Manager is down. */
const AGAIN_MS = 10_000

interface SecretParts<Value> {
  client: SecretReader
  secretId: string
  nowMs: () => number
  /** Returns undefined for a secret of another form. Its value is kept until the secret is read again. */
  parse: (secret: unknown) => Value | undefined
}

/** A JSON secret in Secrets Manager, read again now and then; while Secrets Manager is down, the last value is used. */
export function cachedSecret<Value>(parts: SecretParts<Value>): FindSecret<Value> {
  const { nowMs } = parts
  let known: { value: Value; atMs: number } | undefined
  /** The last read for each reason. */
  const askedAtMs = { stale: Number.NEGATIVE_INFINITY, refused: Number.NEGATIVE_INFINITY }
  let asking: Promise<Value> | undefined

  const ask = async (): Promise<Value> => {
    try {
      known = { value: await fetchSecret(parts), atMs: nowMs() }
    } catch (error) {
      if (!(error instanceof NoCredentials) || error.kind !== 'unavailable') known = undefined
      if (!known) throw error
    }
    return known.value
  }
  const find: FindSecret<Value> = ({ refresh = false } = {}) => {
    const reason = refresh ? 'refused' : 'stale'
    if (known && !refresh && (asking || nowMs() - known.atMs < FRESH_MS)) return known.value
    if (known && !asking && nowMs() - askedAtMs[reason] < AGAIN_MS) return known.value
    askedAtMs[reason] = nowMs()
    // One read answers all concurrent lookups.
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }
  return Object.assign(find, { readAtMs: () => known?.atMs ?? Number.NEGATIVE_INFINITY })
}

async function fetchSecret<Value>({ client, secretId, parse }: SecretParts<Value>): Promise<Value> {
  const text = await client.send(new GetSecretValueCommand({ SecretId: secretId })).then(
    ({ SecretString }) => SecretString,
    (error: Error) => {
      const kind = PERMANENT.has(error.name) ? 'unauthenticated' : 'unavailable'
      throw new NoCredentials(kind, `the secret ${secretId} cannot be read: ${error.name}`)
    },
  )
  const value = parse(jsonOf(text ?? ''))
  if (value === undefined)
    throw new NoCredentials('unauthenticated', `the secret ${secretId} is not JSON of the documented form`)
  return value
}

/** Errors of Secrets Manager that retrying does not fix. */
const PERMANENT = new Set(['AccessDeniedException', 'ResourceNotFoundException', 'InvalidParameterException'])
