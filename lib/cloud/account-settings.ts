import '../basics/issue-text.ts'
import * as z from 'zod/mini'
import { type Endpoints, isEndpointVariable } from './service.ts'

/** The variables of the environment that configure accounts, each with its form. */

const Text = z.string().check(z.minLength(1))

/** Treats an empty value as absent: a template parameter cannot be left out. */
export const optionalSetting = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.pipe(
    z.transform((value) => (value === '' ? undefined : value)),
    z.optional(schema),
  )

export const Region = z.string().check(z.regex(/^[a-z0-9-]{2,32}$/, 'must be a region id such as cn-north-4'))

const Projects = z
  .string()
  .check(
    z.regex(
      /^([0-9a-f]{32}|[a-z0-9-]+=[0-9a-f]{32}(,\s*[a-z0-9-]+=[0-9a-f]{32})*)$/,
      'must be 32 hex digits, or region=id',
    ),
  )

const Address = z.url({
  protocol: /^https?$/,
  error: 'must be an address such as https://dcs.cn-north-4.myhuaweicloud.com',
})

export const ACCOUNT_SETTINGS = {
  HUAWEICLOUD_SDK_AK: optionalSetting(Text).check(z.describe('Access key of the Huawei Cloud account')),
  HUAWEICLOUD_SDK_SK: optionalSetting(Text).check(z.describe('Secret key of the Huawei Cloud account')),
  HUAWEICLOUD_SDK_PROJECT_ID: optionalSetting(Projects).check(
    z.describe('Project id; for several regions `region=id`, separated by commas'),
  ),
  HUAWEICLOUD_SDK_SECURITY_TOKEN: optionalSetting(Text).check(z.describe('Belongs to a temporary access key')),
  TENCENTCLOUD_SECRET_ID: optionalSetting(Text).check(z.describe('Secret id of the Tencent Cloud account')),
  TENCENTCLOUD_SECRET_KEY: optionalSetting(Text).check(z.describe('Secret key of the Tencent Cloud account')),
  TENCENTCLOUD_TOKEN: optionalSetting(Text).check(z.describe('Belongs to temporary credentials')),
}

/** Picks the endpoints from an environment, by the variables of their services (`endpointVariable`). */
export const EndpointSettings = z.pipe(
  z.transform((environment) => Object.fromEntries(Object.entries(environment ?? {}).filter(isEndpoint))),
  z.record(z.string(), Address),
) as unknown as z.ZodMiniType<Endpoints> // the filter lets only these names through

function isEndpoint([name, value]: [string, unknown]): boolean {
  return isEndpointVariable(name) && value !== '' && value !== undefined
}

const Settings = z.object({
  ...ACCOUNT_SETTINGS,
  HUAWEICLOUD_REGION: optionalSetting(Region),
  TENCENTCLOUD_REGION: optionalSetting(Region),
})

/**
 * Lists the malformed variables of accounts and regions.
 * @param endpoints the variables of our services: others of the same form are other programs'
 * @returns one line per variable; never a value
 */
export function accountSettingErrors(
  environment: Readonly<Record<string, string | undefined>>,
  endpoints: readonly string[],
): string[] {
  const own = Object.fromEntries(endpoints.map((name) => [name, environment[name]]))
  const errors = [Settings.safeParse(environment).error, EndpointSettings.safeParse(own).error]
  return errors.flatMap((error) => error?.issues ?? []).map(settingErrorOf)
}

export function settingErrorOf({ path, message }: z.core.$ZodIssue): string {
  return `${path.join('.')}: ${message}`
}
