/** Where the services of Huawei Cloud are, by region. */

type Service = 'dcs' | 'smn'

const DOMAIN = 'myhuaweicloud.com'
const OPEN_TELEKOM_CLOUD = 'otc.t-systems.com'

/**
 * Where it is another domain. Source: `dcs_region.py` (34 regions) and `smn_region.py` (33) of huaweicloud-sdk-python-v3; the last
 * two are of Open Telekom Cloud (https://docs.otc.t-systems.com/additional/endpoints.html).
 */
const ELSEWHERE: Readonly<Record<string, Partial<Record<Service, string>>>> = {
  'cn-north-2': { smn: 'myhuaweicloud.cn' },
  'eu-west-101': { smn: 'myhuaweicloud.eu' },
  'eu-de': { dcs: OPEN_TELEKOM_CLOUD, smn: OPEN_TELEKOM_CLOUD },
  'eu-nl': { dcs: OPEN_TELEKOM_CLOUD, smn: OPEN_TELEKOM_CLOUD },
}

/** Where the sources differ: Huawei's Terraform provider has this domain for every region whose name begins so. */
const OR_ELSE: readonly (readonly [RegExp, string])[] = [[/^eu-west-1\d\d$/, 'myhuaweicloud.eu']]

/** The host of a service's endpoint. */
export function hostOf(service: Service, region: string): string {
  const elsewhere = Object.hasOwn(ELSEWHERE, region) ? ELSEWHERE[region] : undefined
  return `${service}.${region}.${elsewhere?.[service] ?? DOMAIN}`
}

/** The host that another source names, if one does. */
export function otherHostOf(service: Service, region: string): string | undefined {
  const domain = OR_ELSE.find(([pattern]) => pattern.test(region))?.[1]
  const other = domain && `${service}.${region}.${domain}`
  return other === hostOf(service, region) ? undefined : other
}
