import type { SimulatedAnswer } from '../server/answer.ts'
import { takeFault } from '../server/faults.ts'
import type { ArrivedRequest } from '../server/request.ts'
import { dcsError } from './answers.ts'
import type { DcsContext } from './context.ts'
import { DCS_FAULTS } from './faults.ts'
import { isOverLimit, throttled } from './rate-limit.ts'
import { matchRoute } from './routes.ts'
import { dcsSignatureError } from './signature.ts'
import { settleDcsWork } from './work.ts'

/** The answer of the API gateway and the service behind it, faults included. Changes the state. */
export function answerDcs(context: DcsContext, request: ArrivedRequest): SimulatedAnswer {
  const [path = '', query = ''] = request.target.split(/\?(.*)/s)
  const match = matchRoute(path)
  if (!match) return dcsError('APIGW.0101')
  const { securityToken } = context.quirks
  const reason = dcsSignatureError(request, context.credentials, { nowMs: context.now(), securityToken })
  if (reason) return dcsError('APIGW.0301', { message: `Incorrect IAM authentication information: ${reason}` })
  if (match.params.project !== context.credentials.projectId) return dcsError('DCS.4002')
  const handler = match.route.methods[request.method]
  if (!handler) return dcsError('DCS.5001')
  const carryOut = () =>
    handler(context, { params: match.params, query: new URLSearchParams(query), body: request.body })
  settleDcsWork(context.state, context.now())
  const api = `${request.method} ${match.route.path}`
  if (isOverLimit(context, api)) return throttled(context.quirks)
  const fault = takeFault(DCS_FAULTS, context.quirks, request.method === 'GET' ? 'reads' : 'writes')
  if (!fault) return carryOut()
  return fault.instead(fault.takesEffect ? carryOut() : dcsError('DCS.5000'), context.quirks)
}
