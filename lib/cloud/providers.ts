import { type Account, type Accounts, DEFAULT_ACCOUNT, type FindAccounts } from './accounts.ts'
import { type HuaweiCredentials, huaweiProvider } from './huawei/provider.ts'
import { isKnownRegion } from './huawei/regions.ts'
import { type AccountRegion, type FindProvider, NoCredentials, type Provider } from './provider.ts'
import type { ProviderName } from './service.ts'
import { type Endpoints, endpointVariable, type Service } from './service.ts'
import { type TencentCredentials, tencentProvider } from './tencent/provider.ts'

/**
 * Binds the clouds to the configured accounts, each once while its credentials stay.
 * @param endpoints of the default account only, where it names none: other accounts' requests must not go there
 */
export function findProviders(findAccounts: FindAccounts, endpoints: Endpoints): FindProvider {
  const bound = new WeakMap<Account, Map<string, Provider>>()
  const bind = (service: Service, where: AccountRegion, accounts: Accounts): Provider => {
    const name = where.account ?? DEFAULT_ACCOUNT
    const account = accounts.get(name)
    if (!account) throw unknownAccount(name, accounts)
    const providers = bound.get(account) ?? new Map<string, Provider>()
    bound.set(account, providers)
    const key = `${service.provider}/${service.name}/${where.region}/${name}`
    const known = providers.get(key)
    if (known) return known
    if (providers.size >= MAX_BOUND) providers.clear()
    const endpoint = endpointOf(service, account, { where, endpoints })
    const made = BIND[service.provider](service, account, { where, endpoint })
    providers.set(key, made)
    return made
  }
  return (service, where, lookup) => {
    const accounts = findAccounts(lookup)
    return accounts instanceof Promise
      ? accounts.then((read) => bind(service, where, read))
      : bind(service, where, accounts)
  }
}

/** Per account. Callers name regions, so the number needs a bound. */
const MAX_BOUND = 64

function unknownAccount(name: string, accounts: Accounts): NoCredentials {
  const what = `account ${JSON.stringify(name)} is not configured; known: ${[...accounts.keys()].join(', ')}`
  return new NoCredentials('unauthenticated', what, 'account')
}

interface Binding {
  where: AccountRegion
  endpoint: string | undefined
}

const BIND: Record<ProviderName, (service: Service, account: Account, binding: Binding) => Provider> = {
  huawei: (service, account, { where, endpoint }) => {
    const { region } = where
    // The host of an unknown region would be looked up again and again.
    if (endpoint === undefined && !isKnownRegion(region)) {
      const what = `the endpoint of region ${region} of Huawei Cloud is not known: check the region, or set ${endpointVariable(service)}`
      throw new NoCredentials('unauthenticated', what, 'region')
    }
    return huaweiProvider(service, huaweiCredentials(account, where), { region, endpoint })
  },
  tencent: (service, account, { where, endpoint }) =>
    tencentProvider(service, tencentCredentials(account, where), { region: where.region, endpoint }),
}

/** @throws {NoCredentials} where the setting is not an address: the request must not go to another endpoint instead */
function endpointOf(
  service: Service,
  account: Account,
  { where, endpoints }: { where: AccountRegion; endpoints: Endpoints },
): string | undefined {
  const variable = endpointVariable(service)
  const name = where.account ?? DEFAULT_ACCOUNT
  const ofDefault = name === DEFAULT_ACCOUNT ? endpoints[variable] : undefined
  const endpoint = (account[variable] ?? ofDefault)?.replaceAll('{region}', where.region)
  if (endpoint === undefined || /^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) return endpoint
  const what = `${variable} of the account ${JSON.stringify(name)} is not an https address`
  throw new NoCredentials('unauthenticated', what)
}

function huaweiCredentials(account: Account, where: AccountRegion): HuaweiCredentials {
  const needed = ['HUAWEICLOUD_SDK_AK', 'HUAWEICLOUD_SDK_SK', 'HUAWEICLOUD_SDK_PROJECT_ID'] as const
  const [accessKey, secretKey, projects] = complete(account, where, needed)
  const securityToken = account.HUAWEICLOUD_SDK_SECURITY_TOKEN
  const projectId = projectOf(projects, where.region)
  return { accessKey, secretKey, projectId, ...(securityToken ? { securityToken } : {}) }
}

function tencentCredentials(account: Account, where: AccountRegion): TencentCredentials {
  const [secretId, secretKey] = complete(account, where, ['TENCENTCLOUD_SECRET_ID', 'TENCENTCLOUD_SECRET_KEY'] as const)
  const token = account.TENCENTCLOUD_TOKEN
  return { secretId, secretKey, ...(token ? { token } : {}) }
}

/** @throws {NoCredentials} naming the missing fields, never a value */
function complete<Names extends readonly (keyof Account)[]>(
  account: Account,
  where: AccountRegion,
  names: Names,
): { [Index in keyof Names]: string } {
  const values = names.map((name) => account[name])
  const missing = names.filter((_, index) => values[index] === undefined)
  if (missing.length === 0) return values as { [Index in keyof Names]: string } // none is undefined
  const what = `the account ${JSON.stringify(where.account ?? DEFAULT_ACCOUNT)} lacks ${missing.join(', ')}`
  throw new NoCredentials('unauthenticated', what, 'account')
}

/** Picks the project of a region from `region=id,…`; a single id without a region counts for every region. */
function projectOf(projects: string, region: string): string {
  if (!projects.includes('=')) return projects
  const ids = new Map(projects.split(',').map((pair) => pair.split('=').map((part) => part.trim()) as [string, string])) // two parts, or no such id
  const id = ids.get(region)
  if (id) return id
  throw new NoCredentials('unauthenticated', `HUAWEICLOUD_SDK_PROJECT_ID names no project of ${region}`, 'region')
}
