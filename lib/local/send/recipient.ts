import { existsSync } from 'node:fs'
import { settingErrors } from '../../sources/settings.ts'
import type { WebhookSource } from '../../sources/source.ts'
import { dataDirOf } from '../data-dir.ts'
import { namesLoopback } from '../http/loopback.ts'
import { webhookSettingsIn } from '../webhook-secrets.ts'

/** The instance that samples are sent to. */
export interface Recipient {
  /** Without a slash at the end. */
  base: string
  isThisMachine: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws {Error} where others could read the request on its way: some sources send their secret as it is */
export function recipientOf(to: string | undefined, environment: Environment): Recipient {
  const given = to ?? `http://127.0.0.1:${environment.PORT || '3000'}`
  const url = URL.parse(given)
  if (!url || !/^https?:$/.test(url.protocol)) throw new Error(`--to takes a URL, not ${JSON.stringify(given)}`)
  if (url.username || url.password || url.search || url.hash) {
    throw new Error('--to takes a URL of scheme, host, port and path alone')
  }
  // As `URL` writes hosts: `127.1` is 127.0.0.1 there.
  const isThisMachine = namesLoopback(url.hostname)
  if (url.protocol === 'http:' && !isThisMachine) {
    throw new Error(
      `--to needs https: for other machines: over http:, others could read a secret of ${url.host} on the way`,
    )
  }
  return { base: `${url.origin}${url.pathname.replace(/(?<!\/)\/+$/, '')}`, isThisMachine }
}

/**
 * The settings of a source at the recipient: those of `npm start` for this machine, those of the environment for others. The
 * secrets of this machine never go to another.
 * @throws {Error} naming each missing variable
 */
export function settingsAt<Settings>(
  { base, isThisMachine }: Recipient,
  source: WebhookSource<Settings>,
  environment: Environment,
): Settings {
  const parsed = source.settings.safeParse(isThisMachine ? ownSettings(environment) : environment)
  if (parsed.success) return parsed.data
  const how = isThisMachine ? '' : `. Set the variables that ${base} is configured with`
  throw new Error(`nothing can be signed as ${source.name}: ${settingErrors(parsed.error)}${how}`)
}

function ownSettings(environment: Environment): Environment {
  const dataDir = dataDirOf(environment)
  // Secrets made now would be unknown to the machine.
  if (!existsSync(dataDir)) throw new Error(`${dataDir} does not exist: npm start makes it, and must be running`)
  return webhookSettingsIn(dataDir, environment)
}
