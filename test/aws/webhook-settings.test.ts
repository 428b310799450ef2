import { expect, test } from 'vitest'
import { webhookSettings } from '../../lib/aws/webhook-settings.ts'

test('without a secret, the settings are the environment', async () => {
  const environment = { WEBHOOK_JIRA_SECRETS: 'a' }
  expect(await webhookSettings(undefined, environment)()).toBe(environment)
})

test('the fields of the secret override the environment, and are read again after a refusal', async () => {
  const secrets = [{ WEBHOOK_JIRA_SECRETS: 'old' }, { WEBHOOK_JIRA_SECRETS: 'new' }]
  let reads = 0
  const client = { send: async () => ({ SecretString: JSON.stringify(secrets[Math.min(reads++, 1)]) }) }
  const find = webhookSettings('steadyhand/dev', { WEBHOOK_JIRA_SECRETS: 'environment', AWS_REGION: 'r' }, client)
  expect(await find()).toEqual({ WEBHOOK_JIRA_SECRETS: 'old', AWS_REGION: 'r' })
  expect(await find()).toEqual({ WEBHOOK_JIRA_SECRETS: 'old', AWS_REGION: 'r' })
  expect(await find({ refresh: true })).toEqual({ WEBHOOK_JIRA_SECRETS: 'new', AWS_REGION: 'r' })
  // Many refusals cause at most one read in ten seconds.
  await Promise.all(Array.from({ length: 50 }, () => find({ refresh: true })))
  expect(reads).toBe(2)
})

test.for(['not JSON', '[]', '"text"', undefined])(
  'a secret of %j says what is wrong, not what it holds',
  async (text) => {
    const client = { send: async () => ({ SecretString: text }) }
    await expect(webhookSettings('steadyhand/dev', {}, client)()).rejects.toThrow(
      'the secret steadyhand/dev is not JSON of the documented form',
    )
  },
)
