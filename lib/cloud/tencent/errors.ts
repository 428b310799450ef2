import * as z from 'zod/mini'
import type { ChangeMade, ErrorKind } from '../errors.ts'
import { quoted, readJson, unreadable } from '../json.ts'
import type { Operation } from '../operation.ts'
import type { CloudAnswer, ParsedAnswer, ProviderRefusal } from '../provider.ts'
import { type CodesByKind, kindsByCode, type ServiceErrors } from '../service.ts'

/**
 * Codes of API 3.0 itself (https://cloud.tencent.com/document/api/589/33982), by what may be done about them. A code counts by
 * its whole name first, then by the part before its first dot.
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

/** Of a resource that is there, and cannot do that: `ResourceUnavailable.NotSupportNewSecurityGroup` and its like. */
const NOT_SUPPORTED = /^ResourceUnavailable\.NotSupport/

/** After these the work may have begun: they say what went wrong inside, not that nothing was taken on. */
const IN_DOUBT: ReadonlySet<ErrorKind> = new Set(['unavailable', 'failed', 'unreadable'])

const ErrorBody = z.object({ Code: z.string(), Message: z.nullish(z.string()) })

/** Reads the answers of a service: business errors come with HTTP 200, any other status is the gateway's trouble. */
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
  // What nobody has listed is a refusal for good, but whether something had begun is not known.
  const kind = NOT_SUPPORTED.test(code) ? 'unsupported' : (kinds.get(code) ?? kinds.get(code.split('.')[0] ?? ''))
  const change: ChangeMade = kind && !IN_DOUBT.has(kind) ? 'none' : 'unknown'
  return { kind: kind ?? 'failed', change, what: Message || 'no message', code }
}

/** Of the gateway before the service. */
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

/** Of an answer's text, refused or not. */
export function requestIdOf(text: string): string | undefined {
  return /"RequestId"\s*:\s*"([\w-]{1,64})"/.exec(text)?.[1]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
