import * as z from 'zod'
import { type Answer, json, refuse } from './answers.ts'
import { parseJson } from './call.ts'
import { takeFault } from './quirks.ts'
import { isOverLimit, throttled } from './rate-limit.ts'
import { matchRoute } from './routes.ts'
import { type DcsCredentials, refusalOfSignature, type SignedRequest } from './signature.ts'
import type { DcsState, RecordedRequest } from './state.ts'
import { settle } from './work.ts'
import type { DcsWorld } from './world.ts'

/** For the log only: read out of any body, good or bad. */
const LoggedBody = z.object({
  action: z.string().optional().catch(undefined),
  instances: z.array(z.string()).optional().catch(undefined),
})

/** What the API gateway and the service behind it answer, faults included. Changes the state. */
export function answerOf(world: DcsWorld, credentials: DcsCredentials, request: SignedRequest): Answer {
  const [path = '', query = ''] = request.target.split(/\?(.*)/s)
  const match = matchRoute(path)
  if (!match) return refuse('APIGW.0101')
  const reason = refusalOfSignature(request, credentials, world.now(), world.quirks.securityToken)
  if (reason) return refuse('APIGW.0301', { message: `Incorrect IAM authentication information: ${reason}` })
  if (match.params.project !== credentials.projectId) return refuse('DCS.4002')
  const handler = match.route.methods[request.method]
  if (!handler) return refuse('DCS.5001')
  const carryOut = () => handler(world, { params: match.params, query: new URLSearchParams(query), body: request.body })
  settle(world.state, world.now())
  const api = `${request.method} ${match.route.path}`
  if (isOverLimit(world.windows, world.quirks.rateLimit, api, world.now())) return throttled(world.quirks)
  const fault = takeFault(world.quirks, request.method)
  if (!fault) return carryOut()
  return fault.instead(fault.takesEffect ? carryOut() : refuse('DCS.5000'), world.quirks)
}

/** The line of the log for a request: what was asked of whom, and the verdict; never a header, query or other secret. */
export function logLineOf(request: SignedRequest, answer: Answer, at: number): RecordedRequest {
  const [path = ''] = request.target.split('?')
  const { action, instances } = LoggedBody.safeParse(parseJson(request.body)).data ?? {}
  const target = matchRoute(path)?.params.instance
  const concerned = instances ?? (target === undefined ? undefined : [target])
  const isAnswered = answer.delivery === 'whole' || answer.delivery === 'truncated'
  return {
    at,
    method: request.method,
    path,
    ...(action === undefined ? {} : { action }),
    ...(concerned === undefined ? {} : { instances: concerned }),
    status: isAnswered ? answer.status : 0,
    ...(answer.code === undefined ? {} : { code: answer.code }),
  }
}

/** For a shell or a reader without keys: how many requests came in, and every write of those still in the log. */
export function observation(state: DcsState): Answer {
  const total = Object.values(state.counts).reduce((sum, count) => sum + count, 0)
  return json({ total, byMethod: state.counts, writes: state.requests.filter(({ method }) => method !== 'GET') })
}
