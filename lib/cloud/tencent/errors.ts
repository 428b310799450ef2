import * as z from 'zod/mini'
import type { ChangeMade, ErrorKind } from '../errors.ts'
import { quoted, readJson, unreadable } from '../json.ts'
import type { Operation } from '../operation.ts'
import type { CloudAnswer, ParsedAnswer, ProviderRefusal } from '../provider.ts'
import { type CodesByKind, kindsByCode, type ServiceErrors } from '../service.ts'

/**
 * Codes of API 3.0 itself (https://cloud.tencent.com/document/api/589/33982), by what may be done about them. A code is
 * looked up by its whole name first, then by the part before its first dot.
 */
const COMMON_CODES: CodesByKind = {
  busy: ['ResourceInUse'],
  throttled: ['RequestLimitExceeded'],
  unauthenticated: ['AuthFailure'],
  denied: ['UnauthorizedOperation', 'AuthFailure.UnauthorizedOperation', 'IpInBlacklist', 'IpNotInWhitelist'],
  'not-found': ['ResourceNotFound'],
  unsupported: [
    ...['UnsupportedOperation', 'OperationDenied', 'ActionOffline'],
    ...['UnsupportedRegion', 'UnsupportedProtocol', 'NoSuchProduct', 'NoSuchVersion'],
  ],
  invalid: [
    ...['InvalidParameter', 'InvalidParameterValue', 'MissingParameter', 'UnknownParameter', 'InvalidAction'],
    ...['InvalidRequest', 'RequestSizeLimitExceeded', 'LimitExceeded', 'DryRunOperation'],
  ],
  unavailable: ['InternalError', 'ServiceUnavailable', 'ResourceUnavailable', 'ResourceInsufficient'],
  failed: ['FailedOperation', 'ResponseSizeLimitExceeded'],
}

/** Codes of a resource that exists but cannot do that, e.g. `ResourceUnavailable.NotSupportNewSecurityGroup`. */
const NOT_SUPPORTED = /^ResourceUnavailable\.NotSupport/

/** Kinds after which the work may have begun: they report a fault inside, not a refusal. */
const IN_DOUBT: ReadonlySet<ErrorKind> = new Set(['unavailable', 'failed', 'unreadable'])

const ErrorBody = z.object({ Code: z.string(), Message: z.nullish(z.string()) })

/** Parses the answers of a service: its errors come with HTTP 200; any other status is a fault of the gateway. */
export function answerReader({
  byKind,
}: ServiceErrors): (answer: CloudAnswer, decode: Operation['decode']) => ParsedAnswer {
  const kinds = kindsByCode(COMMON_CODES, byKind)
  return (answer, decode) => {
    const reading = readJson(answer, decode)
    const envelope = 'payload' in reading ? reading.payload : undefined
    const response = isRecord(envelope) && isRecord(envelope.Response) ? envelope.Response : undefined
    const error = response && 'Error' in response ? ErrorBody.safeParse(response.Error).data : undefined
    if (error) return { refusal: refusalOf(kinds, error) }
    if (answer.status !== 200) return { refusal: ofStatus(answer) }
    if ('refusal' in reading) return reading
    return response && !('Error' in response) ? { payload: response } : unreadable('the answer has no Response')
  }
}

function refusalOf(
  kinds: ReadonlyMap<string, ErrorKind>,
  { Code: code, Message }: z.infer<typeof ErrorBody>,
): ProviderRefusal {
  // An unlisted code is a final refusal, but whether work has begun is unknown.
  const kind = NOT_SUPPORTED.test(code) ? 'unsupported' : (kinds.get(code) ?? kinds.get(code.split('.')[0] ?? ''))
  const change: ChangeMade = kind && !IN_DOUBT.has(kind) ? 'none' : 'unknown'
  return { kind: kind ?? 'failed', change, what: Message || 'no message', code }
}

/** Statuses of the gateway in front of the service. */
const KIND_BY_STATUS: Readonly<Record<number, ErrorKind>> = { 408: 'timeout', 429: 'throttled' }

function ofStatus({ status, text }: CloudAnswer): ProviderRefusal {
  const general = status >= 500 ? 'unavailable' : status >= 400 ? 'invalid' : 'unreadable'
  const change = status >= 400 && status < 500 && status !== 408 ? 'none' : 'unknown'
  return {
    kind: KIND_BY_STATUS[status] ?? general,
    change,
    what: `HTTP ${status} without a readable error${quoted(text)}`,
  }
}

/** Finds the request id in an answer's text, also in one that cannot be parsed. */
export function requestIdOf(text: string): string | undefined {
  return /"RequestId"\s*:\s*"([\w-]{1,64})"/.exec(text)?.[1]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
