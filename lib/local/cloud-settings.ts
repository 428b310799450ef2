import { accountSettingErrors } from '../cloud/account-settings.ts'
import { accountIn, environmentAccounts } from '../cloud/accounts.ts'
import { NoCredentials, type Provider } from '../cloud/provider.ts'
import { findProviders } from '../cloud/providers.ts'
import { endpointVariable, type ProviderName, type Service } from '../cloud/service.ts'
import { SERVICES } from '../services/catalogue.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The variables that configure a cloud, in the vendor's names. */
interface CloudVariables {
  provider: ProviderName
  name: string
  /** All of them are needed. */
  credentials: readonly string[]
  /** Useless without credentials. */
  optional: readonly string[]
  region: keyof Regions
}

/** The regions of targets that name none. */
export interface Regions {
  HUAWEICLOUD_REGION: string
  TENCENTCLOUD_REGION: string
}

/** As in `serverless.yml`. */
const DEFAULT_REGIONS: Regions = { HUAWEICLOUD_REGION: 'cn-north-4', TENCENTCLOUD_REGION: 'ap-guangzhou' }

const CLOUDS: readonly CloudVariables[] = [
  {
    provider: 'huawei',
    name: 'Huawei Cloud',
    credentials: ['HUAWEICLOUD_SDK_AK', 'HUAWEICLOUD_SDK_SK', 'HUAWEICLOUD_SDK_PROJECT_ID'],
    optional: ['HUAWEICLOUD_SDK_SECURITY_TOKEN', ...endpointVariablesOf('huawei')],
    region: 'HUAWEICLOUD_REGION',
  },
  {
    provider: 'tencent',
    name: 'Tencent Cloud',
    credentials: ['TENCENTCLOUD_SECRET_ID', 'TENCENTCLOUD_SECRET_KEY'],
    optional: ['TENCENTCLOUD_TOKEN', ...endpointVariablesOf('tencent')],
    region: 'TENCENTCLOUD_REGION',
  },
]

/** A cloud in which requests are carried out for a real account. */
export interface RealCloud {
  name: string
  /** The region of targets that name none. */
  region: string
  /** The address of each service there. */
  address: string
}

/**
 * The clouds for which an account is configured; the others are simulated.
 * @throws {Error} a line for each setting that is missing, malformed, or of no use by itself
 */
export function realClouds(environment: Environment): RealCloud[] {
  const errors = [
    ...CLOUDS.flatMap((cloud) => credentialErrors(cloud, environment)),
    ...accountSettingErrors(
      environment,
      SERVICES.map(({ service }) => endpointVariable(service)),
    ),
  ]
  if (errors.length > 0) throw new Error(errors.join('\n'))
  const find = findProviders(environmentAccounts(accountIn(environment)), environment)
  const regions = regionsOf(environment)
  return CLOUDS.filter((cloud) => isConfigured(cloud, environment)).map(({ provider, name, region: variable }) => {
    const region = regions[variable]
    const addresses = servicesOf(provider).map((service) => addressOf(() => find(service, { region }) as Provider))
    const [failure] = addresses.flatMap((one) => (typeof one === 'string' ? [] : [one]))
    const known = addresses.filter((one) => typeof one === 'string')
    // A service that does not exist there must not stop the others.
    if (known.length === 0 && failure) throw failure
    return { name, region, address: known.join(', ') }
  })
}

/** @param find returns no promise: the accounts are those of the environment */
function addressOf(find: () => Provider): string | NoCredentials {
  try {
    return find().origin
  } catch (error) {
    if (error instanceof NoCredentials && error.field === 'region') return error
    throw error
  }
}

/** The credentials and endpoints of a cloud's real account. @returns undefined where none is configured */
export function accountSettingsOf(
  provider: ProviderName,
  environment: Environment,
): Record<string, string> | undefined {
  const cloud = CLOUDS.find((one) => one.provider === provider)
  if (!cloud || !isConfigured(cloud, environment)) return undefined
  const set = [...cloud.credentials, ...cloud.optional].flatMap((variable) => {
    const value = environment[variable]
    return value ? [[variable, value] as const] : []
  })
  return Object.fromEntries(set)
}

export function regionsOf(environment: Environment): Regions {
  return {
    HUAWEICLOUD_REGION: environment.HUAWEICLOUD_REGION || DEFAULT_REGIONS.HUAWEICLOUD_REGION,
    TENCENTCLOUD_REGION: environment.TENCENTCLOUD_REGION || DEFAULT_REGIONS.TENCENTCLOUD_REGION,
  }
}

function isConfigured({ credentials }: CloudVariables, environment: Environment): boolean {
  return credentials.some((variable) => environment[variable])
}

/** Incomplete credentials, or a setting without them, are errors: such a cloud must not silently be the simulated one. */
function credentialErrors({ name, credentials, optional }: CloudVariables, environment: Environment): string[] {
  const missing = credentials.filter((variable) => !environment[variable])
  if (missing.length === credentials.length) {
    const useless = optional.filter((variable) => environment[variable])
    const needed = credentials.join(', ')
    return useless.map((variable) => `${variable} is set, but no credentials of ${name}: set ${needed} as well`)
  }
  return missing.length > 0 ? [`${name} credentials are not complete; missing: ${missing.join(', ')}`] : []
}

export function endpointVariablesOf(provider: ProviderName): string[] {
  return servicesOf(provider).map(endpointVariable)
}

function servicesOf(provider: ProviderName): Service[] {
  return SERVICES.map(({ service }) => service).filter((service) => service.provider === provider)
}
