import { type Hosted, hostOf } from '../../../../cloud/huawei/regions.ts'
import { SignatureError } from '../../../verify/signature-error.ts'
import type { Topic } from './topic.ts'

/**
 * The links in a message of SMN that may be followed. Each is compared as written, from its first character to its path, before
 * anything parses it: a link that a parser would normalize (case, dots, backslashes, escapes, tabs) does not match.
 */

/** Source: `smn_region.py` of huaweicloud-sdk-python-v3. */
const SMN: Hosted = { name: 'smn', domains: { 'cn-north-2': 'myhuaweicloud.cn', 'eu-west-101': 'myhuaweicloud.eu' } }

/** The host of SMN in the topic's region. */
function endpointOf({ region }: Topic): string {
  return hostOf(SMN, region)
}

/**
 * Accepts only `https://{SMN endpoint}/smn/SMN_{region}_{uuid}.pem`.
 * Source: https://support.huaweicloud.com/intl/ja-jp/api-smn/DownloadHttpCert.html
 * @throws {SignatureError}
 */
export function certificateLink(link: string | undefined, topic: Topic): URL {
  const path = afterHost(link, [endpointOf(topic)])
  if (link !== undefined && path !== undefined && /^\/smn\/SMN_[\w-]{1,128}\.pem$/.test(path)) return new URL(link)
  throw new SignatureError('signing_cert_url is not a certificate of SMN in the region of the topic')
}

/** The link that confirms a subscription: on a console, as captured, or on SMN itself. Undefined for any other link. */
export function confirmationLink(link: string, topic: Topic): URL | undefined {
  const hosts = ['console.huaweicloud.com', `${topic.region}-console.huaweicloud.com`, endpointOf(topic)]
  const path = afterHost(link, hosts)
  if (path === undefined || !/^\/smn\/subscription\/confirm\?[\w.~:&=%+-]{1,2048}$/.test(path)) return undefined
  const url = new URL(link)
  return url.searchParams.getAll('topic_urn').every((urn) => urn === topic.urn) ? url : undefined
}

function afterHost(link: string | undefined, hosts: string[]): string | undefined {
  const origins = hosts.flatMap((host) => [`https://${host}`, `https://${host}:443`])
  const origin = origins.find((known) => link?.startsWith(`${known}/`))
  return origin === undefined ? undefined : link?.slice(origin.length)
}
