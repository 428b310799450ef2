import { type Account, type Accounts, DEFAULT_ACCOUNT, type FindAccounts } from './accounts.ts'
import { type HuaweiCredentials, huaweiProvider } from './huawei/provider.ts'
import { isKnownRegion } from './huawei/regions.ts'
import { type AccountRegion, type FindProvider, NoCredentials, type Provider } from './provider.ts'
import type { ProviderName } from './service.ts'
import { type Endpoints, endpointVariable, type Service } from './service.ts'
import { type TencentCredentials, tencentProvider } from './tencent/provider.ts'

/**
 * Binds the clouds to the configured accounts, each once while its credentials stay.
 * @param endpoints of the default account, where it names none: no other account's request goes there
 */
export function findProviders(findAccounts: FindAccounts, endpoints: Endpoints): FindProvider {
  const bound = new WeakMap<Account, Map<string, Provider>>()
  const bind = (service: Service, place: AccountRegion, accounts: Accounts): Provider => {
    const wanted = place.account ?? DEFAULT_ACCOUNT
    const account = accounts.get(wanted)
    if (!account)
      throw new NoCredentials(
        'unauthenticated',
        `no account ${JSON.stringify(wanted)} is configured, but ${[...accounts.keys()].join(', ')}`,
        'account',
      )
    const places = bound.get(account) ?? new Map<string, Provider>()
    bound.set(account, places)
    const key = `${service.provider}/${service.name}/${place.region}/${wanted}`
    const known = places.get(key)
    if (known) return known
    if (places.size >= MAX_PLACES) places.clear()
    const endpoint = endpointOf(service, account, { place, endpoints })
    const made = BIND[service.provider](service, account, { place, endpoint })
    places.set(key, made)
    return made
  }
  return (service, place, lookup) => {
    const accounts = findAccounts(lookup)
    return accounts instanceof Promise
      ? accounts.then((them) => bind(service, place, them))
      : bind(service, place, accounts)
  }
}

/** A caller's region names one. */
const MAX_PLACES = 64

interface At {
  place: AccountRegion
  endpoint: string | undefined
}

const BIND: Record<ProviderName, (service: Service, account: Account, at: At) => Provider> = {
  huawei: (service, account, { place, endpoint }) => {
    const { region } = place
    // A host that nobody has would be asked for again and again.
    if (endpoint === undefined && !isKnownRegion(region)) {
      const what = `where region ${region} of Huawei Cloud answers is not known: check it, or set ${endpointVariable(service)}`
      throw new NoCredentials('unauthenticated', what, 'region')
    }
    return huaweiProvider(service, huaweiCredentials(account, place), { region, endpoint })
  },
  tencent: (service, account, { place, endpoint }) =>
    tencentProvider(service, tencentCredentials(account, place), { region: place.region, endpoint }),
}

/** @throws {NoCredentials} where what is configured is no address: a request must not go elsewhere for it */
function endpointOf(
  service: Service,
  account: Account,
  { place, endpoints }: { place: AccountRegion; endpoints: Endpoints },
): string | undefined {
  const name = endpointVariable(service)
  const ofDefault = (place.account ?? DEFAULT_ACCOUNT) === DEFAULT_ACCOUNT ? endpoints[name] : undefined
  const endpoint = (account[name] ?? ofDefault)?.replaceAll('{region}', place.region)
  if (endpoint === undefined || /^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) return endpoint
  const what = `${name} of the account ${JSON.stringify(place.account ?? DEFAULT_ACCOUNT)} is no https address`
  throw new NoCredentials('unauthenticated', what)
}

function huaweiCredentials(account: Account, place: AccountRegion): HuaweiCredentials {
  const needed = ['HUAWEICLOUD_SDK_AK', 'HUAWEICLOUD_SDK_SK', 'HUAWEICLOUD_SDK_PROJECT_ID'] as const
  const [accessKey, secretKey, projects] = complete(account, place, needed)
  const securityToken = account.HUAWEICLOUD_SDK_SECURITY_TOKEN
  const projectId = projectOf(projects, place.region)
  return { accessKey, secretKey, projectId, ...(securityToken ? { securityToken } : {}) }
}

function tencentCredentials(account: Account, place: AccountRegion): TencentCredentials {
  const [secretId, secretKey] = complete(account, place, ['TENCENTCLOUD_SECRET_ID', 'TENCENTCLOUD_SECRET_KEY'] as const)
  const token = account.TENCENTCLOUD_TOKEN
  return { secretId, secretKey, ...(token ? { token } : {}) }
}

/** @throws {NoCredentials} naming the fields that are missing, never a value */
function complete<Names extends readonly (keyof Account)[]>(
  account: Account,
  place: AccountRegion,
  names: Names,
): { [Index in keyof Names]: string } {
  const values = names.map((name) => account[name])
  const missing = names.filter((_, index) => values[index] === undefined)
  if (missing.length === 0) return values as { [Index in keyof Names]: string } // none is undefined
  const what = `the account ${JSON.stringify(place.account ?? DEFAULT_ACCOUNT)} lacks ${missing.join(', ')}`
  throw new NoCredentials('unauthenticated', what, 'account')
}

/** A project belongs to a region. One id alone is that of every region that is asked for; else `region=id`, by comma. */
function projectOf(projects: string, region: string): string {
  if (!projects.includes('=')) return projects
  const ids = new Map(projects.split(',').map((pair) => pair.split('=').map((part) => part.trim()) as [string, string])) // two parts, or no such id
  const id = ids.get(region)
  if (id) return id
  throw new NoCredentials('unauthenticated', `HUAWEICLOUD_SDK_PROJECT_ID names no project of ${region}`, 'region')
}
