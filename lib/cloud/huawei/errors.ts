import * as z from 'zod/mini'
import type { ChangeMade, ErrorKind } from '../errors.ts'
import { quoted, readJson } from '../json.ts'
import type { Operation } from '../operation.ts'
import type { CloudAnswer, ParsedAnswer, ProviderRefusal } from '../provider.ts'
import { type CodesByKind, kindsByCode, type ServiceErrors } from '../service.ts'

/** Codes of the API gateway (https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-errorcode.html). */
const GATEWAY_CODES: CodesByKind = {
  invalid: ['APIGW.0101', 'APIGW.0103'],
  unauthenticated: ['APIGW.0301', 'APIGW.0303', 'APIGW.0305', 'APIGW.0307', 'APIGW.0311'],
  denied: [
    ...['APIGW.0302', 'APIGW.0304', 'APIGW.0306', 'APIGW.0310', 'APIGW.0401', 'APIGW.0402', 'APIGW.0404'],
    ...['APIGW.0801', 'APIGW.0802'],
  ],
  throttled: ['APIGW.0308'],
  unavailable: ['APIGW.0601', 'APIGW.0610', 'APIGW.0613'],
}

const KIND_BY_STATUS: Readonly<Record<number, ErrorKind>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'denied',
  404: 'not-found',
  405: 'invalid',
  408: 'timeout',
  409: 'busy',
  429: 'throttled',
}

/** Keystone repeats the status as a short number: that is no code. */
const Code = z.pipe(
  z.union([z.string(), z.number()]),
  z.transform((code) => (typeof code === 'string' || code > 999 ? String(code) : '')),
)
const Text = z.nullish(z.string())

/** All shapes that the official SDKs read: Java, Go (`core/sdkerr`), Node and Python know different ones. */
const Body = z.union([
  z.looseObject({ error_code: z.string(), error_msg: Text }),
  z.pipe(
    z.looseObject({ error: z.looseObject({ code: Code, message: Text, title: Text }) }),
    z.transform(({ error }) => ({ error_code: error.code, error_msg: error.message || error.title })),
  ),
  z.pipe(
    z.looseObject({ errorCode: Code, errorMessage: Text }),
    z.transform(({ errorCode, errorMessage }) => ({ error_code: errorCode, error_msg: errorMessage })),
  ),
  z.pipe(
    z.looseObject({ code: Code, message: Text }),
    z.transform(({ code, message }) => ({ error_code: code, error_msg: message })),
  ),
])

/** Codes of the gateway. A resource in an answer may have an `error_code` of its own, which is no refusal. */
const GATEWAY_CODE = /^APIGW\./

type ReadAnswer = (answer: CloudAnswer, decode: Operation['decode']) => ParsedAnswer

/** Parses the answers of a service. A status other than 2xx is a refusal, and so is a 2xx with an error in its body. */
export function answerReader({ byKind, pattern, canonical, ...lists }: ServiceErrors): ReadAnswer {
  const codes: Codes = {
    kinds: kindsByCode(GATEWAY_CODES, byKind),
    byState: new Set(lists.byState),
    beforeWork: new Set(lists.beforeWork),
    // Some codes are printed with a space: `DCS. 4855`.
    canonical: (code) => {
      const compact = code.replaceAll(/\s/g, '')
      return canonical?.(compact) ?? compact
    },
  }
  const isRefusal = (code: string): boolean => GATEWAY_CODE.test(code) || (pattern?.test(code) ?? false)
  return (answer, decode) => {
    const { status, text } = answer
    const success = status >= 200 && status < 300
    const reading = readJson(answer, success ? decode : undefined)
    const error = 'payload' in reading ? errorIn(reading.payload) : undefined
    if (!success) return { refusal: error ? refusalOf(codes, status, error) : withoutError(codes, status, text) }
    const isError = error?.error_msg && isRefusal(codes.canonical(error.error_code))
    return isError ? { refusal: refusalOf(codes, status, error) } : reading
  }
}

interface Codes {
  kinds: ReadonlyMap<string, ErrorKind>
  byState: ReadonlySet<string>
  beforeWork: ReadonlySet<string>
  canonical: (code: string) => string
}

/** Checks the names first, which is cheap: nearly every answer has none of them. */
function errorIn(payload: unknown): z.infer<typeof Body> | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined
  const mayBeError = ['error_code', 'error', 'errorCode', 'code'].some((name) => name in payload)
  return mayBeError ? Body.safeParse(payload).data : undefined
}

function refusalOf(codes: Codes, status: number, { error_code, error_msg }: z.infer<typeof Body>): ProviderRefusal {
  const code = codes.canonical(error_code)
  const waitMs = limitHintMs(error_msg ?? '')
  return {
    kind: codes.kinds.get(code) ?? kindOfStatus(status),
    change: changeOf(codes, status, code),
    what: error_msg || 'no message',
    ...(code ? { code } : {}),
    ...(codes.byState.has(code) ? { byState: true as const } : {}),
    ...(waitMs ? { retryAfterMs: waitMs } : {}),
  }
}

function withoutError(codes: Codes, status: number, text: string): ProviderRefusal {
  const what = `HTTP ${status} without a readable error${quoted(text)}`
  return { kind: kindOfStatus(status), change: changeOf(codes, status, ''), what }
}

/** The time of `…over ratelimit,limit:5,time:1 second` in ms: after it the gateway counts anew. */
export function limitHintMs(message: string): number | undefined {
  const hint = /limit:\s*\d+\s*,\s*time:\s*(\d+)\s*(second|minute|hour)/i.exec(message)
  return hint ? Number(hint[1]) * UNIT_MS[hint[2]?.toLowerCase() as keyof typeof UNIT_MS] : undefined // one of the three
}

const UNIT_MS = { second: 1_000, minute: 60_000, hour: 3_600_000 }

function kindOfStatus(status: number): ErrorKind {
  return KIND_BY_STATUS[status] ?? (status >= 500 ? 'unavailable' : status >= 400 ? 'invalid' : 'unreadable')
}

/** A 4xx refuses before any work; after any other status the work may have begun. */
function changeOf({ beforeWork }: Codes, status: number, code: string): ChangeMade {
  const refused = (status >= 400 && status < 500 && status !== 408) || beforeWork.has(code)
  return refused ? 'none' : 'unknown'
}
