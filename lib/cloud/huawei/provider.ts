import { answerHeader } from '../attempt.ts'
import type { RequestParts } from '../operation.ts'
import type { BindOptions, Provider, WireRequest } from '../provider.ts'
import { endpointVariable, type Service } from '../service.ts'
import { answerReader } from './errors.ts'
import { hostOf, otherHostOf } from './regions.ts'
import { canonicalQuery, percentEncode, signer } from './sign.ts'

export interface HuaweiCredentials {
  accessKey: string
  secretKey: string
  /** Belongs to a temporary access key. */
  securityToken?: string
  /** The project of the region: 32 hex digits. */
  projectId: string
}

/** Binds a service to an account of Huawei Cloud in one region. */
export function huaweiProvider(service: Service, credentials: HuaweiCredentials, options: BindOptions): Provider {
  const { accessKey, secretKey, securityToken, projectId } = credentials
  const { region, endpoint, perSecond = service.perSecond } = options
  const { origin, host } = new URL(endpoint ?? `https://${hostOf(service, region)}`)
  const token = securityToken ? { 'x-security-token': securityToken } : {}
  const headers = { 'content-type': 'application/json', 'x-project-id': projectId, ...token }
  const sign = signer({ host, headers }, credentials)
  const project = percentEncode(projectId)
  const other = endpoint === undefined ? otherHostOf(service, region) : undefined
  return {
    origin,
    account: accessKey,
    perSecond,
    prepare: (_api, parts, nowMs) => prepare({ origin, project, sign }, parts, nowMs),
    read: readerOf(service),
    requestId: (answer) => answerHeader(answer, 'x-request-id'),
    secrets: [secretKey, accessKey, securityToken ?? ''],
    ...(other ? { hint: `if the region is at https://${other}, set ${endpointVariable(service)}` } : {}),
  }
}

const readers = new WeakMap<Service, Provider['read']>()

/** One reader serves all accounts and regions of a service. */
function readerOf(service: Service): Provider['read'] {
  const read = readers.get(service) ?? answerReader(service.errors)
  readers.set(service, read)
  return read
}

function prepare(
  { origin, project, sign }: { origin: string; project: string; sign: ReturnType<typeof signer> },
  parts: RequestParts,
  nowMs: number,
): WireRequest {
  const { method, query } = parts
  const path = parts.path.replace('{project_id}', project)
  const body = parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }
  const headers = sign({ method, path, ...(query ? { query } : {}), ...body }, nowMs)
  return { origin, method, path: query ? `${path}?${canonicalQuery(query)}` : path, headers, ...body }
}
