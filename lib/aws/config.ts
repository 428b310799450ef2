import * as z from 'zod'
import type { DefaultRegions } from '../runs/wish.ts'

const Text = z.string().min(1)

/** Set, but empty, is not set: a template parameter cannot be left out. */
const Optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional())

const Region = z.string().regex(/^[a-z0-9-]{2,32}$/, 'must be a region id such as cn-north-4')

const Runs = z.object({
  RUNS_TABLE: Text.describe('Name of the DynamoDB table that holds runs, leases and dead letters'),
  SUBMISSIONS_QUEUE_URL: z.url().describe('SQS queue of runs to be sent to a provider'),
  POLLS_QUEUE_URL: z.url().describe('SQS queue of steps to be taken'),
  ALARMS_QUEUE_URL: z
    .url()
    .describe('SQS queue of alarms that were given up and are sent back, or that a large group hands on'),
  NOTIFICATIONS_TOPIC_ARN: Text.describe('SNS topic that hears how each run ended'),
  HUAWEICLOUD_REGION: Region.describe('Region of Huawei Cloud targets that name none'),
  TENCENTCLOUD_REGION: Optional(Region).describe('Region of Tencent Cloud targets that name none'),
})

const Alarms = Runs.extend({ RULES_FILE: Text.describe('The rules in force: what runs what') })

const CredentialsSecret = Optional(Text).describe(
  'Secrets Manager secret that holds the accounts, and what webhooks need; without it, the environment does',
)

const Projects = z
  .string()
  .regex(
    /^([0-9a-f]{32}|[a-z0-9-]+=[0-9a-f]{32}(,\s*[a-z0-9-]+=[0-9a-f]{32})*)$/,
    'must be 32 hex digits, or region=id',
  )

const Address = z.url({
  protocol: /^https?$/,
  error: 'must be an address such as https://dcs.cn-north-4.myhuaweicloud.com',
})

const Accounts = {
  CREDENTIALS_SECRET: CredentialsSecret,
  HUAWEICLOUD_SDK_AK: Optional(Text).describe('Access key of the Huawei Cloud account'),
  HUAWEICLOUD_SDK_SK: Optional(Text).describe('Secret key of the Huawei Cloud account'),
  HUAWEICLOUD_SDK_PROJECT_ID: Optional(Projects).describe('Project id; for several regions `region=id`, by comma'),
  HUAWEICLOUD_SDK_SECURITY_TOKEN: Optional(Text).describe('Goes with a temporary access key'),
  TENCENTCLOUD_SECRET_ID: Optional(Text).describe('Secret id of the Tencent Cloud account'),
  TENCENTCLOUD_SECRET_KEY: Optional(Text).describe('Secret key of the Tencent Cloud account'),
  TENCENTCLOUD_TOKEN: Optional(Text).describe('Goes with temporary credentials'),
  HUAWEICLOUD_DCS_ENDPOINT: Optional(Address).describe(
    'Instead of that of the region, of which most are https://dcs.<region>.myhuaweicloud.com; `{region}` stands for it',
  ),
  TENCENTCLOUD_EMR_ENDPOINT: Optional(Address).describe(
    'Instead of https://emr.tencentcloudapi.com; `{region}` stands for the region',
  ),
}

const Clouds = Runs.extend(Accounts)

/** What the sources of webhooks need, each says itself (`lib/intake/sources.ts`). */
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

const OneMachine = z.object({
  ...Accounts,
  HUAWEICLOUD_REGION: Optional(Region),
  TENCENTCLOUD_REGION: Optional(Region),
})

/** What is malformed of the accounts and regions of one machine. @returns a line for each variable; never a value */
export function accountComplaints(environment: Record<string, string | undefined>): string[] {
  const { error } = OneMachine.safeParse(environment)
  return error?.issues.map(complaintOf) ?? []
}

/** All of it, for what is configured by names that this page does not know. */
export function wholeEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env
}

/** Where targets are that name no region. */
export function defaultRegions(config: RunsConfig): DefaultRegions {
  return { huawei: config.HUAWEICLOUD_REGION, tencent: config.TENCENTCLOUD_REGION }
}

export type RunsConfig = z.infer<typeof Runs>
export type CloudsConfig = z.infer<typeof Clouds>
export type DeadLettersConfig = z.infer<typeof DeadLetters>

/**
 * Reads and checks the environment of a function. The only place that does.
 * @throws {Error} naming each variable that is missing or malformed; never a value, for it may be a secret
 */
export function readConfig<Name extends keyof typeof CONFIG>(
  name: Name,
  environment: Record<string, string | undefined> = process.env,
): z.infer<(typeof CONFIG)[Name]> {
  const parsed = CONFIG[name].safeParse(environment)
  if (parsed.success) return parsed.data as z.infer<(typeof CONFIG)[Name]> // the union of all schemas loses which one
  throw new Error(`${name}: the environment is not complete: ${parsed.error.issues.map(complaintOf).join('; ')}`)
}

function complaintOf({ path, message }: z.core.$ZodIssue): string {
  return `${path.join('.')}: ${message}`
}
