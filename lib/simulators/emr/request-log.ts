import * as z from 'zod'
import type { SimulatedAnswer } from '../server/answer.ts'
import { type ArrivedRequest, jsonOrUndefined } from '../server/request.ts'
import { answerFields } from '../server/request-log.ts'
import { actionOf } from './actions.ts'
import type { RecordedEmrRequest } from './state.ts'

/** Read from any body, valid or not. */
const LoggedComponent = z.object({ ComponentName: z.string(), IpList: z.array(z.string()).nullish() })
const LoggedService = z.object({ ServiceName: z.string(), ComponentInfoList: z.array(LoggedComponent).nullish() })
const LoggedBody = z.object({
  InstanceId: z.string().optional().catch(undefined),
  InstanceIds: z.array(z.string()).optional().catch(undefined),
  OpType: z.string().optional().catch(undefined),
  ServiceName: z.string().optional().catch(undefined),
  OpScope: z
    .object({ ServiceInfoList: z.array(LoggedService) })
    .optional()
    .catch(undefined),
})
type LoggedBody = z.infer<typeof LoggedBody>

/** The log line of a request: action, clusters and answer; never a header or other secret. */
export function emrLogLine(
  { method, headers, body }: ArrivedRequest,
  answer: SimulatedAnswer,
  at: number,
): RecordedEmrRequest {
  const logged: LoggedBody = LoggedBody.safeParse(jsonOrUndefined(body)).data ?? {}
  const instances = logged.InstanceIds ?? (logged.InstanceId === undefined ? undefined : [logged.InstanceId])
  const scope = scopeOf(logged)
  return {
    at,
    method,
    action: loggedAction(String(headers['x-tc-action'] ?? '')),
    ...(logged.OpType === undefined ? {} : { opType: logged.OpType }),
    ...(instances === undefined ? {} : { instances }),
    ...(scope.length === 0 ? {} : { scope }),
    ...answerFields(answer),
  }
}

export function isEmrWrite({ action }: RecordedEmrRequest): boolean {
  return actionOf(action)?.kind === 'writes'
}

/** The header may hold anything, and each name is counted for ever. */
function loggedAction(name: string): string {
  return actionOf(name) ? name : 'unknown'
}

function scopeOf({ ServiceName, OpScope }: LoggedBody): string[] {
  const services =
    OpScope?.ServiceInfoList ?? (ServiceName === undefined ? [] : [{ ServiceName, ComponentInfoList: null }])
  return services.flatMap((service) => {
    if (!service.ComponentInfoList) return [service.ServiceName]
    return service.ComponentInfoList.flatMap(({ ComponentName, IpList }) => {
      const name = `${service.ServiceName}/${ComponentName}`
      return IpList && IpList.length > 0 ? IpList.map((ip) => `${name}@${ip}`) : [name]
    })
  })
}
