import type { Answer } from '../server/answer.ts'
import { takeFault } from '../server/faults.ts'
import type { ArrivedRequest } from '../server/request.ts'
import { refuse } from './answers.ts'
import { FAULTS } from './faults.ts'
import { isOverLimit, throttled } from './rate-limit.ts'
import { matchRoute } from './routes.ts'
import { refusalOfSignature } from './signature.ts'
import { settle } from './work.ts'
import type { DcsWorld } from './world.ts'

/** What the API gateway and the service behind it answer, faults included. Changes the state. */
export function answerOf(world: DcsWorld, request: ArrivedRequest): Answer {
  const [path = '', query = ''] = request.target.split(/\?(.*)/s)
  const match = matchRoute(path)
  if (!match) return refuse('APIGW.0101')
  const reason = refusalOfSignature(request, world.credentials, world.now(), world.quirks.securityToken)
  if (reason) return refuse('APIGW.0301', { message: `Incorrect IAM authentication information: ${reason}` })
  if (match.params.project !== world.credentials.projectId) return refuse('DCS.4002')
  const handler = match.route.methods[request.method]
  if (!handler) return refuse('DCS.5001')
  const carryOut = () => handler(world, { params: match.params, query: new URLSearchParams(query), body: request.body })
  settle(world.state, world.now())
  const api = `${request.method} ${match.route.path}`
  if (isOverLimit(world.windows, world.quirks.rateLimit, api, world.now())) return throttled(world.quirks)
  const fault = takeFault(FAULTS, world.quirks, request.method === 'GET' ? 'reads' : 'writes')
  if (!fault) return carryOut()
  return fault.instead(fault.takesEffect ? carryOut() : refuse('DCS.5000'), world.quirks)
}
