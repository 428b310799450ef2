import type { RequestParts } from '../operation.ts'
import type { Answer, Provider, WireRequest } from '../provider.ts'
import { readRefusal } from './errors.ts'
import { canonicalQuery, percentEncode, sign } from './sign.ts'

export interface HuaweiCredentials {
  accessKey: string
  secretKey: string
  /** The project of the region: 32 hex digits. */
  projectId: string
}

/** One Huawei Cloud account in one region. @param endpoint overrides `https://dcs.<region>.myhuaweicloud.com` */
export function huaweiProvider(credentials: HuaweiCredentials, region: string, endpoint?: string): Provider {
  const url = new URL(endpoint ?? `https://dcs.${region}.myhuaweicloud.com`)
  return {
    prepare: (parts, nowMs) => prepare(credentials, url, parts, nowMs),
    refusal: readRefusal,
    requestId: (answer) => firstHeader(answer, 'x-request-id'),
    secrets: [credentials.secretKey, credentials.accessKey],
  }
}

function prepare(credentials: HuaweiCredentials, url: URL, parts: RequestParts, nowMs: number): WireRequest {
  const path = parts.path.replace('{project_id}', percentEncode(credentials.projectId))
  const query = canonicalQuery(parts.query)
  const body = parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }
  const headers = { 'content-type': 'application/json', 'x-project-id': credentials.projectId }
  const request = { method: parts.method, host: url.host, path, headers, ...body }
  return {
    origin: url.origin,
    method: parts.method,
    path: query ? `${path}?${query}` : path,
    headers: sign(parts.query ? { ...request, query: parts.query } : request, credentials, nowMs),
    ...body,
  }
}

function firstHeader(answer: Answer, name: string): string | undefined {
  return [answer.headers[name]].flat()[0]
}
