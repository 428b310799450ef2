import * as z from 'zod/mini'
import { baseUrlOf } from '../basics/base-url.ts'
import {
  ACCOUNT_SETTINGS,
  EndpointSettings,
  optionalSetting,
  Region,
  settingErrorOf,
} from '../cloud/account-settings.ts'
import type { Endpoints } from '../cloud/service.ts'
import type { DefaultRegions } from '../runs/accept/check-request.ts'

const Text = z.string().check(z.minLength(1))

const PublicUrl = z.pipe(
  z
    .string()
    .check(
      z.refine(
        (text) => baseUrlOf(text) !== undefined,
        'must be an address such as https://ops.example.com/steadyhand',
      ),
    ),
  z.transform((text) => baseUrlOf(text) ?? text),
)

const Runs = z.object({
  RUNS_TABLE: Text.check(z.describe('Name of the DynamoDB table that holds runs, leases and dead letters')),
  TABLE_STEP: z.enum(['1', '2', '3', '4']).check(z.describe('The step of the upgrade of that table; 4 is the last')),
  SUBMISSIONS_QUEUE_URL: z.url().check(z.describe('SQS queue of runs to submit to a provider')),
  POLLS_QUEUE_URL: z.url().check(z.describe('SQS queue of the next steps of runs')),
  ALARMS_QUEUE_URL: z.url().check(z.describe('SQS queue of resent alarms, and of alarms that a large group hands on')),
  NOTIFICATIONS_TOPIC_ARN: Text.check(z.describe('SNS topic of the ends of runs')),
  EVENT_SOURCE: Text.check(z.describe('`source` of all events: `urn:steadyhand:<account>:<region>:<stage>`')),
  PUBLIC_URL: optionalSetting(PublicUrl).check(
    z.describe('Address of the API in answers and events; `--param publicUrl=…`'),
  ),
  HUAWEICLOUD_REGION: Region.check(z.describe('Region of Huawei Cloud targets without a region')),
  TENCENTCLOUD_REGION: optionalSetting(Region).check(z.describe('Region of Tencent Cloud targets without a region')),
})

const Alarms = z.extend(Runs, {
  RULES_FILE: Text.check(z.describe('File of the rules in force, as `npm run package` checked them')),
})

const CredentialsSecret = optionalSetting(Text).check(
  z.describe('Secrets Manager secret of the accounts and the webhooks; without it, the environment holds them'),
)

const Accounts = { CREDENTIALS_SECRET: CredentialsSecret, ...ACCOUNT_SETTINGS }

/** Each service has a variable for its endpoint, in the functions that call it. */
const Clouds = z.extend(Runs, Accounts)

/** Each webhook source names its own settings (`lib/sources/sources.ts`). */
const Webhooks = z.extend(Alarms, Accounts)

const Api = z.extend(Alarms, Accounts)

const Submissions = z.extend(Alarms, Accounts)

const DeadLetters = z.extend(Runs, {
  SUBMISSIONS_DEAD_LETTERS_ARN: Text.check(z.describe('Dead-letter queue of the submissions queue')),
  POLLS_DEAD_LETTERS_ARN: Text.check(z.describe('Dead-letter queue of the polls queue')),
  ALARMS_DEAD_LETTERS_ARN: Text.check(z.describe('Dead-letter queue of alarms')),
})

/** The environment of each function. A test compares the packaged template with it. */
export const CONFIG = {
  api: Api,
  'receive-alarm': Alarms,
  'receive-webhook': Webhooks,
  'submit-run': Submissions,
  'poll-run': Clouds,
  'sweep-runs': Alarms,
  'bury-message': DeadLetters,
} as const

/** The whole environment, for settings whose names only the sources know. */
export function wholeEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env
}

/** The regions of targets that name none. */
export function defaultRegions(config: RunsConfig): DefaultRegions {
  return { huawei: config.HUAWEICLOUD_REGION, tencent: config.TENCENTCLOUD_REGION }
}

export type RunsConfig = z.infer<typeof Runs>
export type CloudsConfig = z.infer<typeof Clouds> & { endpoints: Endpoints }
export type DeadLettersConfig = z.infer<typeof DeadLetters>

/**
 * Reads and checks the environment of a function; nothing else reads it.
 * @throws {Error} naming each missing or malformed variable; never its value, which may be a secret
 */
export function readConfig<Name extends keyof typeof CONFIG>(
  name: Name,
  environment: Record<string, string | undefined> = process.env,
): z.infer<(typeof CONFIG)[Name]> & { endpoints: Endpoints } {
  const parsed = CONFIG[name].safeParse(environment)
  const asksClouds = 'CREDENTIALS_SECRET' in CONFIG[name].shape
  const endpoints = EndpointSettings.safeParse(asksClouds ? environment : {})
  if (parsed.success && endpoints.success) {
    const config = parsed.data as z.infer<(typeof CONFIG)[Name]> // the union of all schemas loses the name
    return { ...config, endpoints: endpoints.data }
  }
  const issues = [parsed.error, endpoints.error].flatMap((error) => error?.issues ?? [])
  throw new Error(`${name}: the environment is not complete: ${issues.map(settingErrorOf).join('; ')}`)
}
