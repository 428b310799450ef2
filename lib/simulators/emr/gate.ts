import type { Answer } from '../server/answer.ts'
import { takeFault } from '../server/faults.ts'
import { type ArrivedRequest, headerOf, parseJson } from '../server/request.ts'
import { actionOf } from './actions.ts'
import { answerWith, type Language, type Refusal, type Reply, refuse } from './answers.ts'
import type { EmrCall } from './call.ts'
import { FAULTS } from './faults.ts'
import { isOverRate } from './rate.ts'
import { refusalOfSignature } from './signature.ts'
import { settle } from './work.ts'
import type { EmrWorld } from './world.ts'

const VERSION = '2019-01-03'
/** Regions come and go, so that only their form is looked at. */
const REGION = /^[a-z]{2}(-[a-z]+)+$/
/** TC3 with JSON is all that is simulated; forms and multipart are not. */
const JSON_TYPE = /^application\/json(;\s*charset=utf-8)?$/i

/** What the gateway and the service behind it answer, faults included. Changes the state. */
export function answerOf(world: EmrWorld, request: ArrivedRequest, requestId: string): Answer {
  const language = languageOf(world, request)
  const envelope = (reply: Reply) => answerWith(reply, requestId, language)
  const refusal = refusalOfProtocol(request) ?? refusalOfSender(world, request)
  if (refusal) return envelope(refusal)
  const name = header(request, 'x-tc-action')
  const action = actionOf(name)
  if (!action) return envelope(refuse('InvalidAction', `\`${name}\``))
  if (isOverRate(world, name)) return envelope(refuse('RequestLimitExceeded', `\`${name}\``))
  settle(world.state, world.now())
  const carryOut = (): Reply => {
    if (world.quirks.denied.includes(name)) return refuse('UnauthorizedOperation.CheckCamAuth')
    const call = callOf(request, language)
    return 'code' in call ? call : action.carryOut(world, call)
  }
  const fault = takeFault(FAULTS, world.quirks, action.sort)
  if (!fault) return envelope(carryOut())
  const answer = envelope(fault.takesEffect ? carryOut() : { fields: {} })
  const instead = fault.instead(answer, world.quirks)
  return 'delivery' in instead ? instead : envelope(instead)
}

function refusalOfProtocol({ method, target, headers }: ArrivedRequest): Refusal | undefined {
  const { 'content-type': type = '' } = headers
  if (method !== 'POST') return refuse('UnsupportedProtocol', 'Only POST is simulated.')
  if (!JSON_TYPE.test(type)) return refuse('UnsupportedProtocol', `Only JSON is simulated, not ${type || 'no type'}.`)
  return target === '/' ? undefined : refuse('InvalidRequest', 'The path is / and nothing else.')
}

/** Common parameters in the headers, and the signature over them. */
function refusalOfSender(world: EmrWorld, request: ArrivedRequest): Refusal | undefined {
  const missing = ['Action', 'Version', 'Timestamp', 'Region'].find((name) => header(request, `x-tc-${name}`) === '')
  if (missing !== undefined) return refuse('MissingParameter', `\`${missing}\``)
  const forged = refusalOfSignature(request, world.credentials, world.now(), world.quirks.token)
  if (forged) return forged
  const version = header(request, 'x-tc-version')
  if (version !== VERSION) return refuse('NoSuchVersion', `\`${version}\``)
  const region = header(request, 'x-tc-region')
  return REGION.test(region) ? undefined : refuse('UnsupportedRegion', `\`${region}\``)
}

function callOf(request: ArrivedRequest, language: Language): EmrCall | Refusal {
  const body = parseJson(request.body)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return refuse('InvalidParameter', 'The body is not a JSON object.')
  }
  return { body, region: header(request, 'x-tc-region'), language }
}

function languageOf(world: EmrWorld, request: ArrivedRequest): Language {
  const wanted = header(request, 'x-tc-language')
  return wanted === 'en-US' || wanted === 'zh-CN' ? wanted : world.quirks.language
}

function header(request: ArrivedRequest, name: string): string {
  return headerOf(request, name.toLowerCase()) ?? ''
}
