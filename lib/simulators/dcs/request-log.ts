import * as z from 'zod'
import type { Answer } from '../server/answer.ts'
import { type ArrivedRequest, parseJson } from '../server/request.ts'
import { verdictOf } from '../server/request-log.ts'
import { matchRoute } from './routes.ts'
import type { RecordedRequest } from './state.ts'

/** Read out of any body, good or bad. */
const LoggedBody = z.object({
  action: z.string().optional().catch(undefined),
  instances: z.array(z.string()).optional().catch(undefined),
})

/** The line of the log for a request: what was asked of whom, and the verdict; never a header, query or other secret. */
export function logLineOf({ method, target, body }: ArrivedRequest, answer: Answer, at: number): RecordedRequest {
  const [path = ''] = target.split('?')
  const { action, instances } = LoggedBody.safeParse(parseJson(body)).data ?? {}
  const instance = matchRoute(path)?.params.instance
  const concerned = instances ?? (instance === undefined ? undefined : [instance])
  return {
    at,
    method,
    path,
    ...(action === undefined ? {} : { action }),
    ...(concerned === undefined ? {} : { instances: concerned }),
    ...verdictOf(answer),
  }
}

export function isWrite({ method }: RecordedRequest): boolean {
  return method !== 'GET'
}
