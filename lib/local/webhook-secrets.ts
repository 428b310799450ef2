import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { jsonOf } from '../basics/json-of.ts'
import { SOURCES } from '../sources/sources.ts'
import { makeCertificate } from './certificate.ts'

/** What the sources of webhooks are configured with on this machine. */
export type WebhookSettings = Record<string, string>

const Saved = z.record(z.string(), z.string())

/**
 * A secret for each source, made at the first start and kept in `webhook-secrets.json`, readable by its owner alone. What the
 * environment says goes before. Whole or not at all, wherever the process is killed.
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

/** @throws {Error} that shows nothing of the file: an error of JSON would */
function savedIn(file: string): WebhookSettings {
  const saved = Saved.safeParse(jsonOf(readFileSync(file, 'utf8'))).data
  if (!saved) throw new Error(`${file} is no JSON object of texts any more; delete it, and others are made`)
  return saved
}

/** Whatever a source reads. */
const VARIABLES = [...SOURCES.values()].flatMap(({ settings }) => Object.keys(settings.shape))

/** Without which a source takes nothing. */
const NEEDED = VARIABLES.filter((name) => /^WEBHOOK_.*_(SECRETS|TOPICS)$/.test(name))

function freshSettings(dataDir: string): WebhookSettings {
  const secrets = VARIABLES.filter((name) => name.endsWith('_SECRETS')).map((name) => [name, freshSecret()])
  return { ...Object.fromEntries(secrets), ...ownSmn(), ...settingsOfRelease3(dataDir) }
}

/** That of the samples. */
const TOPIC = 'urn:smn:cn-north-4:00000000000000000000000051b1a7ed:steadyhand-alarms'

/** Nobody but SMN signs for SMN: on this machine a certificate of our own stands in, so that samples can be sent. */
function ownSmn(): WebhookSettings {
  const { key, certificate } = makeCertificate('steadyhand', Date.now())
  return { WEBHOOK_HUAWEI_TOPICS: TOPIC, HUAWEI_SMN_CERTIFICATE: certificate, [SIGNING_KEY]: key }
}

/** Only whoever sends samples needs it. */
const SIGNING_KEY = 'HUAWEI_SMN_SIGNING_KEY'

/** What the functions are to know. */
export function verifyingSettings({ [SIGNING_KEY]: _, ...settings }: WebhookSettings): WebhookSettings {
  return settings
}

/** In the form of Standard Webhooks, which every other scheme takes, too. */
function freshSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** Who names topics of his own has messages that SMN has signed. */
function withoutSmn(settings: WebhookSettings): WebhookSettings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !name.startsWith('HUAWEI_SMN_')))
}

/** Release 0.3 had one secret, in a file of its own. */
function settingsOfRelease3(dataDir: string): WebhookSettings {
  const file = join(dataDir, 'webhook-secret')
  return existsSync(file) ? { WEBHOOK_GENERIC_SECRETS: readFileSync(file, 'utf8').trim() } : {}
}
