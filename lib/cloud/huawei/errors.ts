import * as z from 'zod/mini'
import type { ChangeMade, ErrorKind } from '../errors.ts'
import { readJson, saying } from '../json.ts'
import type { Operation } from '../operation.ts'
import type { Answer, Reading, Refusal } from '../provider.ts'

/**
 * Codes of DCS (https://support.huaweicloud.com/intl/en-us/api-dcs/ErrorCode.html) and of the API gateway
 * (https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-errorcode.html), by what may be done about them.
 * Those that Huawei's own Terraform provider waits out are `busy`.
 */
const CODES_BY_KIND: Partial<Record<ErrorKind, string[]>> = {
  busy: [
    ...['DCS.4017', 'DCS.4026', 'DCS.4049', 'DCS.4069', 'DCS.4096', 'DCS.4097', 'DCS.4099', 'DCS.4104', 'DCS.4108'],
    ...['DCS.4111', 'DCS.4113', 'DCS.4114', 'DCS.4115', 'DCS.4116', 'DCS.4117', 'DCS.4118', 'DCS.4120', 'DCS.4121'],
    ...['DCS.4231', 'DCS.4975', 'CBC.99003651'],
  ],
  invalid: [
    ...['DCS.4001', 'DCS.4002', 'DCS.4004', 'DCS.4005', 'DCS.4061', 'DCS.4062', 'DCS.4063', 'DCS.4064', 'DCS.4065'],
    ...['DCS.4070', 'DCS.4098', 'DCS.4100', 'DCS.4957', 'DCS.3053', 'DCS.5001', 'APIGW.0101', 'APIGW.0103'],
  ],
  unsupported: ['DCS.4027', 'DCS.4086', 'DCS.4094', 'DCS.4095', 'DCS.4253', 'DCS.4855'],
  precondition: ['DCS.2001'],
  'not-found': ['DCS.3022', 'DCS.4031', 'DCS.4119', 'DCS.5053'],
  unauthenticated: [
    ...['DCS.1001', 'DCS.1002', 'DCS.1003', 'DCS.1004'],
    ...['APIGW.0301', 'APIGW.0303', 'APIGW.0305', 'APIGW.0307', 'APIGW.0311'],
  ],
  denied: [
    ...['DCS.2003', 'DCS.2007', 'DCS.3002', 'DCS.3003', 'DCS.4107', 'APIGW.0302', 'APIGW.0304', 'APIGW.0306'],
    ...['APIGW.0310', 'APIGW.0401', 'APIGW.0402', 'APIGW.0404', 'APIGW.0801', 'APIGW.0802'],
  ],
  throttled: ['APIGW.0308'],
  unavailable: [
    ...['DCS.5000', 'DCS.5006', 'DCS.5024', 'DCS.5077', 'DCS.5078', 'DCS.5079', 'DCS.5095'],
    ...['APIGW.0601', 'APIGW.0610', 'APIGW.0613'],
  ],
  failed: ['DCS.4842', 'DCS.5091', 'DCS.5094'],
}

const KIND_BY_CODE: ReadonlyMap<string, ErrorKind> = new Map(
  Object.entries(CODES_BY_KIND).flatMap(([kind, codes]) => codes.map((code) => [code, kind as ErrorKind])), // keys of the table above
)

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

/** Not for this or that work, but for the state that the instance is in: it may never be another. */
const BY_STATE: ReadonlySet<string> = new Set(['DCS.4026', 'DCS.4049'])

/** Refused before anything was done, although the status is 500. */
const REFUSED_WITH_500: ReadonlySet<string> = new Set(['DCS.4069', 'DCS.5053'])

/** A short number, as Keystone has it, is the status once more. */
const Code = z.pipe(
  z.union([z.string(), z.number()]),
  z.transform((code) => (typeof code === 'string' || code > 999 ? String(code) : '')),
)
const Text = z.nullish(z.string())

/** Every shape that an official SDK reads: Java, Go (`core/sdkerr`), Node and Python know different ones. */
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

/** What a code looks like. An instance that is shown may have an `error_code` of its own, of another kind. */
const REFUSAL_CODE = /^(DCS|APIGW|CBC)\.|^\d{9}$/

/** Reads an answer. Any status but 2xx is a refusal, and so is a 2xx whose body is an error. */
export function readAnswer(answer: Answer, decode: Operation['decode']): Reading {
  const { status, text } = answer
  const success = status >= 200 && status < 300
  const reading = readJson(answer, success ? decode : undefined)
  const error = 'payload' in reading ? errorIn(reading.payload) : undefined
  if (!success) return { refusal: error ? refusalOf(status, error) : withoutError(status, text) }
  const says = error?.error_msg && REFUSAL_CODE.test(canonicalCode(error.error_code))
  return says ? { refusal: refusalOf(status, error) } : reading
}

/** The look before the parse: nearly every answer has none of them. */
function errorIn(payload: unknown): z.infer<typeof Body> | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined
  const may = ['error_code', 'error', 'errorCode', 'code'].some((name) => name in payload)
  return may ? Body.safeParse(payload).data : undefined
}

function refusalOf(status: number, { error_code, error_msg }: z.infer<typeof Body>): Refusal {
  const code = canonicalCode(error_code)
  const waitMs = limitHintMs(error_msg ?? '')
  return {
    kind: KIND_BY_CODE.get(code) ?? kindOfStatus(status),
    change: changeOf(status, code),
    what: error_msg || 'no message',
    ...(code ? { code } : {}),
    ...(BY_STATE.has(code) ? { byState: true as const } : {}),
    ...(waitMs ? { retryAfterMs: waitMs } : {}),
  }
}

function withoutError(status: number, text: string): Refusal {
  const what = `HTTP ${status} without a readable error${saying(text)}`
  return { kind: kindOfStatus(status), change: changeOf(status, ''), what }
}

/** `…over ratelimit,limit:5,time:1 second`: after that time the gateway counts anew. In ms. */
export function limitHintMs(message: string): number | undefined {
  const hint = /limit:\s*\d+\s*,\s*time:\s*(\d+)\s*(second|minute|hour)/i.exec(message)
  return hint ? Number(hint[1]) * UNIT_MS[hint[2]?.toLowerCase() as keyof typeof UNIT_MS] : undefined // one of the three
}

const UNIT_MS = { second: 1_000, minute: 60_000, hour: 3_600_000 }

/**
 * One spelling a code: some are printed with a space (`DCS. 4855`), and `1114000NN` is the old name of `DCS.40NN`.
 */
export function canonicalCode(code: string): string {
  const compact = code.replaceAll(/\s/g, '')
  return LEGACY_CODES.get(compact) ?? compact.replace(/^111400(\d{3})$/, 'DCS.4$1')
}

/** Old names that do not follow the rule of the 400 family. */
const LEGACY_CODES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '111401001': 'DCS.1001',
    '111401002': 'DCS.1002',
    '111401003': 'DCS.1003',
    '111401004': 'DCS.1004',
    '111403002': 'DCS.2003',
    '111403003': 'DCS.2007',
    '111404001': 'DCS.4001',
    '111404022': 'DCS.3022',
    '111405001': 'DCS.5001',
    '111500000': 'DCS.5000',
  }),
)

function kindOfStatus(status: number): ErrorKind {
  return KIND_BY_STATUS[status] ?? (status >= 500 ? 'unavailable' : status >= 400 ? 'invalid' : 'unreadable')
}

/** A 4xx is a refusal before the work; after anything else the work may have begun. */
function changeOf(status: number, code: string): ChangeMade {
  const refused = (status >= 400 && status < 500 && status !== 408) || REFUSED_WITH_500.has(code)
  return refused ? 'none' : 'unknown'
}
