import * as z from 'zod'
import {
  ACCOUNT_SETTINGS,
  EndpointSettings,
  optionalSetting,
  Region,
  settingErrorOf,
} from '../cloud/account-settings.ts'
import type { Endpoints } from '../cloud/service.ts'
import type { DefaultRegions } from '../runs/accept/check-request.ts'

const Text = z.string().min(1)

const Runs = z.object({
  RUNS_TABLE: Text.describe('Name of the DynamoDB table that holds runs, leases and dead letters'),
  SUBMISSIONS_QUEUE_URL: z.url().describe('SQS queue of runs to be sent to a provider'),
  POLLS_QUEUE_URL: z.url().describe('SQS queue of steps to be taken'),
  ALARMS_QUEUE_URL: z
    .url()
    .describe('SQS queue of alarms that were given up and are sent back, or that a large group hands on'),
  NOTIFICATIONS_TOPIC_ARN: Text.describe('SNS topic that hears how each run ended'),
  HUAWEICLOUD_REGION: Region.describe('Region of Huawei Cloud targets that name none'),
  TENCENTCLOUD_REGION: optionalSetting(Region).describe('Region of Tencent Cloud targets that name none'),
})

const Alarms = Runs.extend({ RULES_FILE: Text.describe('The rules in force: what runs what') })

const CredentialsSecret = optionalSetting(Text).describe(
  'Secrets Manager secret that holds the accounts, and what webhooks need; without it, the environment does',
)

const Accounts = { CREDENTIALS_SECRET: CredentialsSecret, ...ACCOUNT_SETTINGS }

/** A service's endpoint may be set for each function that asks it, by the variable of the service. */
const Clouds = Runs.extend(Accounts)

/** What the sources of webhooks need, each says itself (`lib/sources/sources.ts`). */
const Webhooks = Alarms.extend(Accounts)

const Api = Alarms.extend(Accounts)

const DeadLetters = Runs.extend({
  SUBMISSIONS_DEAD_LETTERS_ARN: Text.describe('Where messages of the submissions queue end that were given up'),
  POLLS_DEAD_LETTERS_ARN: Text.describe('Where messages of the polls queue end that were given up'),
  ALARMS_DEAD_LETTERS_ARN: Text.describe('Where alarms end that could not be taken'),
})

/** What each function reads from its environment. The packaged template is held against this. */
export const CONFIG = {
  api: Api,
  'receive-alarm': Alarms,
  'receive-webhook': Webhooks,
  'submit-run': Clouds,
  'poll-run': Clouds,
  'sweep-runs': Runs,
  'bury-message': DeadLetters,
} as const

/** All of it, for what is configured by names that this page does not know. */
export function wholeEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env
}

/** Where targets are that name no region. */
export function defaultRegions(config: RunsConfig): DefaultRegions {
  return { huawei: config.HUAWEICLOUD_REGION, tencent: config.TENCENTCLOUD_REGION }
}

export type RunsConfig = z.infer<typeof Runs>
export type CloudsConfig = z.infer<typeof Clouds> & { endpoints: Endpoints }
export type DeadLettersConfig = z.infer<typeof DeadLetters>

/**
 * Reads and checks the environment of a function. The only place that does.
 * @throws {Error} naming each variable that is missing or malformed; never a value, for it may be a secret
 */
export function readConfig<Name extends keyof typeof CONFIG>(
  name: Name,
  environment: Record<string, string | undefined> = process.env,
): z.infer<(typeof CONFIG)[Name]> & { endpoints: Endpoints } {
  const parsed = CONFIG[name].safeParse(environment)
  const endpoints = EndpointSettings.safeParse(environment)
  if (parsed.success && endpoints.success) {
    const config = parsed.data as z.infer<(typeof CONFIG)[Name]> // the union of all schemas loses which one
    return { ...config, endpoints: endpoints.data }
  }
  const issues = [parsed.error, endpoints.error].flatMap((error) => error?.issues ?? [])
  throw new Error(`${name}: the environment is not complete: ${issues.map(settingErrorOf).join('; ')}`)
}
