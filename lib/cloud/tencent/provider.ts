import { memo } from '../memo.ts'
import type { BindOptions, Provider } from '../provider.ts'
import type { Service } from '../service.ts'
import { answerReader, requestIdOf } from './errors.ts'
import { signer } from './sign.ts'

export interface TencentCredentials {
  secretId: string
  secretKey: string
  /** Belongs to temporary credentials. Not signed. */
  token?: string
}

/**
 * The domestic host answers for all regions but the financial zones, which have hosts of their own. Accounts of the international
 * site need `https://emr.intl.tencentcloudapi.com` as their endpoint.
 * Source: https://www.tencentcloud.com/document/api/1026/31036
 */
function hostOf({ name }: Service, region: string): string {
  return region.endsWith('-fsi') ? `${name}.${region}.tencentcloudapi.com` : `${name}.tencentcloudapi.com`
}

/** Binds a service to an account of Tencent Cloud in one region. */
export function tencentProvider(service: Service, credentials: TencentCredentials, options: BindOptions): Provider {
  const { secretId, secretKey, token } = credentials
  const { region, endpoint, perSecond = service.perSecond } = options
  const { origin, host } = new URL(endpoint ?? `https://${hostOf(service, region)}`)
  const sign = signer({ host, service: service.name, headers: { 'content-type': 'application/json' } }, credentials)
  /** The language is that of messages; codes are the same in all. */
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

/** One reader serves all accounts and regions of a service. */
function readerOf(service: Service): Provider['read'] {
  const read = readers.get(service) ?? answerReader(service.errors)
  readers.set(service, read)
  return read
}
