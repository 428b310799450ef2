import * as z from 'zod'
import type { SimulatedAnswer } from '../server/answer.ts'
import { type ArrivedRequest, jsonOrUndefined } from '../server/request.ts'
import { answerFields } from '../server/request-log.ts'
import { matchRoute } from './routes.ts'
import type { RecordedDcsRequest } from './state.ts'

/** Read from any body, valid or not. */
const LoggedBody = z.object({
  action: z.string().optional().catch(undefined),
  instances: z.array(z.string()).optional().catch(undefined),
})

/** The log line of a request: operation, instances and answer; never a header, query or other secret. */
export function dcsLogLine(
  { method, target, body }: ArrivedRequest,
  answer: SimulatedAnswer,
  at: number,
): RecordedDcsRequest {
  const [path = ''] = target.split('?')
  const { action, instances } = LoggedBody.safeParse(jsonOrUndefined(body)).data ?? {}
  const instance = matchRoute(path)?.params.instance
  const concerned = instances ?? (instance === undefined ? undefined : [instance])
  return {
    at,
    method,
    path,
    ...(action === undefined ? {} : { action }),
    ...(concerned === undefined ? {} : { instances: concerned }),
    ...answerFields(answer),
  }
}

export function isDcsWrite({ method }: RecordedDcsRequest): boolean {
  return method !== 'GET'
}
