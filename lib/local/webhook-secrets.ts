import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { jsonOf } from '../basics/json-of.ts'
import { SOURCES } from '../sources/sources.ts'
import { makeCertificate } from './certificate.ts'

/** The settings of webhook sources on this machine, by variable. */
export type WebhookSettings = Record<string, string>

const Saved = z.record(z.string(), z.string())

/**
 * The secret of each source, made at the first start and kept in `webhook-secrets.json`, which only its owner can read. The
 * environment takes precedence. A kill at any moment leaves the whole file or none.
 */
export function webhookSettingsIn(
  dataDir: string,
  environment: Record<string, string | undefined> = {},
): WebhookSettings {
  const file = join(dataDir, 'webhook-secrets.json')
  const saved = existsSync(file) ? savedIn(file) : {}
  const isWhole = NEEDED.every((name) => saved[name] !== undefined)
  const made = isWhole ? saved : { ...freshSettings(dataDir), ...saved }
  if (!isWhole) {
    writeFileSync(`${file}.draft`, JSON.stringify(made, null, 2), { mode: 0o600 })
    renameSync(`${file}.draft`, file)
  }
  const set = VARIABLES.flatMap((name) => (environment[name] ? [[name, environment[name]] as const] : []))
  return { ...(environment.WEBHOOK_HUAWEI_TOPICS ? withoutSmn(made) : made), ...Object.fromEntries(set) }
}

/** @throws {Error} without any content of the file: JSON.parse would show some */
function savedIn(file: string): WebhookSettings {
  const saved = Saved.safeParse(jsonOf(readFileSync(file, 'utf8'))).data
  if (!saved) throw new Error(`${file} is not a JSON object of strings: delete it, and npm start makes new secrets`)
  return saved
}

/** Every variable that a source reads. */
const VARIABLES = [...SOURCES.values()].flatMap(({ settings }) => Object.keys(settings.shape))

/** A source accepts nothing without these. */
const NEEDED = VARIABLES.filter((name) => /^WEBHOOK_.*_(SECRETS|TOPICS)$/.test(name))

function freshSettings(dataDir: string): WebhookSettings {
  const secrets = VARIABLES.filter((name) => name.endsWith('_SECRETS')).map((name) => [name, freshSecret()])
  return { ...Object.fromEntries(secrets), ...ownSmn(), ...settingsOfRelease3(dataDir) }
}

/** The topic of the samples. */
const TOPIC = 'urn:smn:cn-north-4:00000000000000000000000051b1a7ed:steadyhand-alarms'

/** Only SMN has SMN's key: a certificate of our own replaces it on this machine, so that samples can be sent. */
function ownSmn(): WebhookSettings {
  const { key, certificate } = makeCertificate('steadyhand', Date.now())
  return { WEBHOOK_HUAWEI_TOPICS: TOPIC, HUAWEI_SMN_CERTIFICATE: certificate, [SIGNING_KEY]: key }
}

/** Needed only to send samples. */
const SIGNING_KEY = 'HUAWEI_SMN_SIGNING_KEY'

/** The settings without the signing key, which verifying does not need. */
export function verifyingSettings({ [SIGNING_KEY]: _, ...settings }: WebhookSettings): WebhookSettings {
  return settings
}

/** In the form of Standard Webhooks, which every other scheme accepts, too. */
function freshSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** Topics set by the environment have messages that SMN itself signed. */
function withoutSmn(settings: WebhookSettings): WebhookSettings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !name.startsWith('HUAWEI_SMN_')))
}

/** Release 0.3 kept its one secret in a file of its own. */
function settingsOfRelease3(dataDir: string): WebhookSettings {
  const file = join(dataDir, 'webhook-secret')
  return existsSync(file) ? { WEBHOOK_GENERIC_SECRETS: readFileSync(file, 'utf8').trim() } : {}
}
