import { memo } from '../memo.ts'
import type { Provider } from '../provider.ts'
import type { Service } from '../service.ts'
import { answerReader, requestIdOf } from './errors.ts'
import { signer } from './sign.ts'

export interface TencentCredentials {
  secretId: string
  secretKey: string
  /** Goes with temporary credentials. Not signed. */
  token?: string
}

/** Financial zones have hosts of their own. Source: https://www.tencentcloud.com/document/api/1026/31036 */
function hostOf({ name }: Service, region: string): string {
  return region.endsWith('-fsi') ? `${name}.${region}.tencentcloudapi.com` : `${name}.tencentcloudapi.com`
}

/** Where, and how often, an account is asked. */
export interface BindOptions {
  region: string
  /**
   * Instead of e.g. `https://emr.tencentcloudapi.com`, which answers for all regions of the domestic site but the financial
   * zones: `https://emr.intl.tencentcloudapi.com` (accounts of the international site), or that of one region.
   */
  endpoint?: string | undefined
  /** Instead of that of the service. */
  perSecond?: number
}

/** One account of Tencent Cloud in one region, asked for one service. */
export function tencentProvider(service: Service, credentials: TencentCredentials, options: BindOptions): Provider {
  const { secretId, secretKey, token } = credentials
  const { region, endpoint, perSecond = service.perSecond } = options
  const { origin, host } = new URL(endpoint ?? `https://${hostOf(service, region)}`)
  const sign = signer({ host, service: service.name, headers: { 'content-type': 'application/json' } }, credentials)
  /** The language of messages; codes are the same in all. */
  const unsigned = { 'x-tc-version': service.version ?? '', 'x-tc-region': region, 'x-tc-language': 'en-US' }
  const headersOf = memo(MAX_ACTIONS, (action) => ({
    'x-tc-action': action,
    ...unsigned,
    ...(token ? { 'x-tc-token': token } : {}),
  }))
  return {
    origin,
    account: secretId,
    perSecond,
    prepare: (action, { method, path, body }, nowMs) => {
      const text = JSON.stringify(body ?? {})
      return { origin, method, path, headers: { ...headersOf(action), ...sign(text, nowMs) }, body: text }
    },
    read: readerOf(service),
    requestId: ({ text }) => requestIdOf(text),
    secrets: [secretKey, secretId, token ?? ''],
  }
}

const MAX_ACTIONS = 32

const readers = new WeakMap<Service, Provider['read']>()

/** One reader serves all accounts and regions. */
function readerOf(service: Service): Provider['read'] {
  const read = readers.get(service) ?? answerReader(service.errors)
  readers.set(service, read)
  return read
}
