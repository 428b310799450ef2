/** Hosts of the services of Huawei Cloud, by region. */

const DOMAIN = 'myhuaweicloud.com'
const OPEN_TELEKOM_CLOUD = 'otc.t-systems.com'

/** Regions with another domain, for all services (https://docs.otc.t-systems.com/additional/endpoints.html). */
const DOMAINS: Readonly<Record<string, string>> = { 'eu-de': OPEN_TELEKOM_CLOUD, 'eu-nl': OPEN_TELEKOM_CLOUD }

/** The part of a service that its hosts depend on. `domains`: region -> domain, where it differs from the usual one. */
export interface Hosted {
  name: string
  domains?: Readonly<Record<string, string>>
}

/**
 * From `dcs_region.py` (34 regions) and `smn_region.py` (33) of huaweicloud-sdk-python-v3. The cloud adds regions without notice,
 * so an account's own endpoint overrides this list.
 */
const KNOWN: ReadonlySet<string> = new Set([
  ...['ae-ad-1', 'af-north-1', 'af-south-1', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4'],
  ...['ap-southeast-5', 'cn-east-2', 'cn-east-3', 'cn-east-4', 'cn-east-5', 'cn-north-1', 'cn-north-11', 'cn-north-12'],
  ...['cn-north-2', 'cn-north-4', 'cn-north-9', 'cn-south-1', 'cn-south-2', 'cn-south-4', 'cn-southwest-2'],
  ...['cn-southwest-3', 'eu-de', 'eu-nl', 'eu-west-0', 'eu-west-101', 'la-north-2', 'la-south-2', 'me-east-1'],
  ...['my-kualalumpur-1', 'na-mexico-1', 'ru-moscow-1', 'ru-northwest-2', 'sa-brazil-1', 'tr-west-1'],
])

export function isKnownRegion(region: string): boolean {
  return KNOWN.has(region)
}

/** Regions for which Huawei's Terraform provider has another domain than the SDKs. */
const OTHER_DOMAINS: ReadonlyMap<string, string> = new Map([['eu-west-101', 'myhuaweicloud.eu']])

/** The host of a service's endpoint. */
export function hostOf({ name, domains = {} }: Hosted, region: string): string {
  const domain = [domains, DOMAINS].find((table) => Object.hasOwn(table, region))?.[region]
  return `${name}.${region}.${domain ?? DOMAIN}`
}

/** The host by the Terraform provider, where it differs. */
export function otherHostOf(service: Hosted, region: string): string | undefined {
  const domain = OTHER_DOMAINS.get(region)
  const other = domain && `${service.name}.${region}.${domain}`
  return other === hostOf(service, region) ? undefined : other
}
