import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { verifyingSettings, webhookSettingsIn } from '../../lib/local/webhook-secrets.ts'
import { SOURCES } from '../../lib/sources/sources.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steadyhand-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = () => join(folder, 'webhook-secrets.json')

test('every source can be configured with what is made, and no two secrets are the same', () => {
  const made = webhookSettingsIn(folder)
  const complaints = [...SOURCES.values()].flatMap(({ settings }) => settings.safeParse(made).error?.issues ?? [])
  expect(complaints).toEqual([])
  expect(new Set(Object.values(made)).size).toBe(Object.keys(made).length)
})

test('they are kept, readable by their owner alone', () => {
  const made = webhookSettingsIn(folder)
  expect(webhookSettingsIn(folder)).toEqual(made)
  expect(statSync(file()).mode & 0o777).toBe(0o600)
})

test('what a new release needs is added, and what is there stays', () => {
  const { WEBHOOK_JIRA_SECRETS: _, ...older } = webhookSettingsIn(folder)
  writeFileSync(file(), JSON.stringify(older))
  const made = webhookSettingsIn(folder)
  expect(made).toEqual({ ...older, WEBHOOK_JIRA_SECRETS: expect.stringMatching(/^whsec_/) })
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual(made)
})

test.for(['{ "WEBHOOK_JIRA_SECRETS": "whsec_1" ', '["whsec_1"]', '{ "WEBHOOK_JIRA_SECRETS": 1 }'])(
  'a file that reads %s is refused, and nothing of it is shown',
  (text) => {
    writeFileSync(file(), text)
    expect(() => webhookSettingsIn(folder)).toThrow(
      `${file()} is not a JSON object of strings: delete it, and npm start makes new secrets`,
    )
  },
)

test('the secret of release 0.3 is taken over', () => {
  const old = `whsec_${Buffer.alloc(32).toString('base64')}`
  writeFileSync(join(folder, 'webhook-secret'), `${old}\n`)
  expect(webhookSettingsIn(folder).WEBHOOK_GENERIC_SECRETS).toBe(old)
})

test('what the environment says goes before', () => {
  const made = webhookSettingsIn(folder, { WEBHOOK_JIRA_SECRETS: 'of-the-environment', OTHER: 'x', JIRA_URL: '' })
  expect(made).toMatchObject({ WEBHOOK_JIRA_SECRETS: 'of-the-environment' })
  expect([made.OTHER, made.JIRA_URL]).toEqual([undefined, undefined])
  expect(readFileSync(file(), 'utf8')).not.toContain('of-the-environment')
})

test('with SMN topics of one’s own, only SMN signs for them', () => {
  const made = webhookSettingsIn(folder, { WEBHOOK_HUAWEI_TOPICS: 'urn:smn:cn-north-4:0:mine' })
  expect([made.HUAWEI_SMN_CERTIFICATE, made.HUAWEI_SMN_SIGNING_KEY]).toEqual([undefined, undefined])
})

test('the functions do not get the key that signs', () => {
  const { HUAWEI_SMN_SIGNING_KEY, ...others } = webhookSettingsIn(folder)
  expect(HUAWEI_SMN_SIGNING_KEY).toContain('PRIVATE KEY')
  expect(verifyingSettings({ HUAWEI_SMN_SIGNING_KEY: HUAWEI_SMN_SIGNING_KEY ?? '', ...others })).toEqual(others)
})
