import { memo } from '../memo.ts'
import type { Provider } from '../provider.ts'
import { readAnswer, requestIdOf } from './errors.ts'
import { signer } from './sign.ts'

export interface TencentCredentials {
  secretId: string
  secretKey: string
  /** Goes with temporary credentials. Not signed. */
  token?: string
}

export interface TencentOptions {
  /**
   * Instead of `https://emr.tencentcloudapi.com`, which answers for all regions of the domestic site but the financial zones:
   * e.g. `https://emr.intl.tencentcloudapi.com` (accounts of the international site), or that of one region.
   */
  endpoint?: string | undefined
  /** 20 unless stated: documented on the page of each EMR API. */
  perSecond?: number
}

const PRODUCT = { service: 'emr', version: '2019-01-03' }

/** Financial zones have hosts of their own. Source: https://www.tencentcloud.com/document/api/1026/31036 */
function hostOf(region: string): string {
  return region.endsWith('-fsi') ? `emr.${region}.tencentcloudapi.com` : 'emr.tencentcloudapi.com'
}

/** One Tencent Cloud account in one region. */
export function tencentProvider(
  credentials: TencentCredentials,
  region: string,
  options: TencentOptions = {},
): Provider {
  const { secretId, secretKey, token } = credentials
  const { origin, host } = new URL(options.endpoint ?? `https://${hostOf(region)}`)
  const sign = signer({ host, service: PRODUCT.service, headers: { 'content-type': 'application/json' } }, credentials)
  /** The language of messages; codes are the same in all. */
  const unsigned = { 'x-tc-version': PRODUCT.version, 'x-tc-region': region, 'x-tc-language': 'en-US' }
  const headersOf = memo(MAX_ACTIONS, (action) => ({
    'x-tc-action': action,
    ...unsigned,
    ...(token ? { 'x-tc-token': token } : {}),
  }))
  return {
    origin,
    account: secretId,
    perSecond: options.perSecond ?? 20,
    prepare: (action, { method, path, body }, nowMs) => {
      const text = JSON.stringify(body ?? {})
      return { origin, method, path, headers: { ...headersOf(action), ...sign(text, nowMs) }, body: text }
    },
    read: readAnswer,
    requestId: ({ text }) => requestIdOf(text),
    secrets: [secretKey, secretId, token ?? ''],
  }
}

const MAX_ACTIONS = 32
