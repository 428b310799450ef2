import type { SimulatedAnswer } from '../server/answer.ts'
import { takeFault } from '../server/faults.ts'
import { type ArrivedRequest, headerValue, jsonOrUndefined } from '../server/request.ts'
import { actionOf } from './actions.ts'
import { answerWith, type EmrError, type EmrReply, emrError, type Language } from './answers.ts'
import type { EmrCall } from './call.ts'
import type { EmrContext } from './context.ts'
import { EMR_FAULTS } from './faults.ts'
import { isOverRate } from './rate.ts'
import { emrSignatureError } from './signature.ts'
import { settleEmrWork } from './work.ts'

const VERSION = '2019-01-03'
/** Regions come and go: only their form is checked. */
const REGION = /^[a-z]{2}(-[a-z]+)+$/
/** Only JSON is simulated, not forms and multipart. */
const JSON_TYPE = /^application\/json(;\s*charset=utf-8)?$/i

/** The answer of the gateway and the service behind it, faults included. Changes the state. */
export function answerEmr(context: EmrContext, request: ArrivedRequest, requestId: string): SimulatedAnswer {
  const language = languageOf(context, request)
  const envelope = (reply: EmrReply) => answerWith(reply, requestId, language)
  const refusal = refusalOfProtocol(request) ?? refusalOfSender(context, request)
  if (refusal) return envelope(refusal)
  const name = header(request, 'x-tc-action')
  const action = actionOf(name)
  if (!action) return envelope(emrError('InvalidAction', `\`${name}\``))
  if (isOverRate(context, name)) return envelope(emrError('RequestLimitExceeded', `\`${name}\``))
  settleEmrWork(context.state, context.now())
  const carryOut = (): EmrReply => {
    if (context.quirks.denied.includes(name)) return emrError('UnauthorizedOperation.CheckCamAuth')
    const call = callOf(request, language)
    return 'code' in call ? call : action.carryOut(context, call)
  }
  const fault = takeFault(EMR_FAULTS, context.quirks, action.kind)
  if (!fault) return envelope(carryOut())
  const answer = envelope(fault.takesEffect ? carryOut() : { fields: {} })
  const instead = fault.instead(answer, context.quirks)
  return 'delivery' in instead ? instead : envelope(instead)
}

function refusalOfProtocol({ method, target, headers }: ArrivedRequest): EmrError | undefined {
  const { 'content-type': type = '' } = headers
  if (method !== 'POST') return emrError('UnsupportedProtocol', 'Only POST is simulated.')
  if (!JSON_TYPE.test(type)) return emrError('UnsupportedProtocol', `Only JSON is simulated, not ${type || 'no type'}.`)
  return target === '/' ? undefined : emrError('InvalidRequest', 'The path is / and nothing else.')
}

/** Checks the common parameters in the headers, and the signature. */
function refusalOfSender(context: EmrContext, request: ArrivedRequest): EmrError | undefined {
  const missing = ['Action', 'Version', 'Timestamp', 'Region'].find((name) => header(request, `x-tc-${name}`) === '')
  if (missing !== undefined) return emrError('MissingParameter', `\`${missing}\``)
  const { token } = context.quirks
  const error = emrSignatureError(request, context.credentials, { nowMs: context.now(), token })
  if (error) return error
  const version = header(request, 'x-tc-version')
  if (version !== VERSION) return emrError('NoSuchVersion', `\`${version}\``)
  const region = header(request, 'x-tc-region')
  return REGION.test(region) ? undefined : emrError('UnsupportedRegion', `\`${region}\``)
}

function callOf(request: ArrivedRequest, language: Language): EmrCall | EmrError {
  const body = jsonOrUndefined(request.body)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return emrError('InvalidParameter', 'The body is not a JSON object.')
  }
  return { body, region: header(request, 'x-tc-region'), language }
}

function languageOf(context: EmrContext, request: ArrivedRequest): Language {
  const wanted = header(request, 'x-tc-language')
  return wanted === 'en-US' || wanted === 'zh-CN' ? wanted : context.quirks.language
}

function header(request: ArrivedRequest, name: string): string {
  return headerValue(request, name.toLowerCase()) ?? ''
}
