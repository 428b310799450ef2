import { existsSync } from 'node:fs'
import { settingErrors } from '../../sources/settings.ts'
import type { WebhookSource } from '../../sources/source.ts'
import { dataDirOf } from '../data-dir.ts'
import { namesLoopback } from '../http/loopback.ts'
import { webhookSettingsIn } from '../webhook-secrets.ts'

/** Where samples are sent. */
export interface Recipient {
  /** Without a slash at the end. */
  base: string
  isThisMachine: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws {Error} where what is sent could be read on its way: some sources show their secret as it is */
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
      `--to takes https: for other machines, for whoever is on the way could read a secret of ${url.host}`,
    )
  }
  return { base: `${url.origin}${url.pathname.replace(/(?<!\/)\/+$/, '')}`, isThisMachine }
}

/**
 * What the source is configured with where it is sent to: on this machine what `npm start` made, elsewhere what the environment
 * says. The secrets of this machine never go to another.
 * @throws {Error} naming each variable that is missing
 */
export function settingsAt<Settings>(
  { base, isThisMachine }: Recipient,
  source: WebhookSource<Settings>,
  environment: Environment,
): Settings {
  const parsed = source.settings.safeParse(isThisMachine ? ownSettings(environment) : environment)
  if (parsed.success) return parsed.data
  const how = isThisMachine ? '' : `. The environment must say what ${base} is configured with`
  throw new Error(`nothing can be signed as ${source.name}: ${settingErrors(parsed.error)}${how}`)
}

function ownSettings(environment: Environment): Environment {
  const dataDir = dataDirOf(environment)
  // Secrets that were made here and now nobody would know.
  if (!existsSync(dataDir)) throw new Error(`${dataDir} is not there: npm start makes it, and must be running`)
  return webhookSettingsIn(dataDir, environment)
}
