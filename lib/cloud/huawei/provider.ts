import { headerOf } from '../attempt.ts'
import type { RequestParts } from '../operation.ts'
import type { Provider, WireRequest } from '../provider.ts'
import { readAnswer } from './errors.ts'
import { hostOf, otherHostOf } from './regions.ts'
import { canonicalQuery, percentEncode, signer } from './sign.ts'

export interface HuaweiCredentials {
  accessKey: string
  secretKey: string
  /** Goes with a temporary access key. */
  securityToken?: string
  /** The project of the region: 32 hex digits. */
  projectId: string
}

export interface HuaweiOptions {
  /** Instead of that of the region (`regions.ts`). */
  endpoint?: string | undefined
  /** Half of what the gateway takes unless stated: others use the account, too. (API Gateway, "request throttling": 200.) */
  perSecond?: number
}

/** One Huawei Cloud account in one region. */
export function huaweiProvider(credentials: HuaweiCredentials, region: string, options: HuaweiOptions = {}): Provider {
  const { accessKey, secretKey, securityToken, projectId } = credentials
  const { origin, host } = new URL(options.endpoint ?? `https://${hostOf('dcs', region)}`)
  const token = securityToken ? { 'x-security-token': securityToken } : {}
  const headers = { 'content-type': 'application/json', 'x-project-id': projectId, ...token }
  const sign = signer({ host, headers }, credentials)
  const project = percentEncode(projectId)
  const other = options.endpoint === undefined ? otherHostOf('dcs', region) : undefined
  return {
    origin,
    account: accessKey,
    perSecond: options.perSecond ?? 100,
    prepare: (_api, parts, nowMs) => prepare(origin, project, sign, parts, nowMs),
    read: readAnswer,
    requestId: (answer) => headerOf(answer, 'x-request-id'),
    secrets: [secretKey, accessKey, securityToken ?? ''],
    ...(other ? { otherwise: `the region may be at https://${other}: then set HUAWEICLOUD_DCS_ENDPOINT` } : {}),
  }
}

function prepare(
  origin: string,
  project: string,
  sign: ReturnType<typeof signer>,
  parts: RequestParts,
  nowMs: number,
): WireRequest {
  const { method, query } = parts
  const path = parts.path.replace('{project_id}', project)
  const body = parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }
  const headers = sign({ method, path, ...(query ? { query } : {}), ...body }, nowMs)
  return { origin, method, path: query ? `${path}?${canonicalQuery(query)}` : path, headers, ...body }
}
