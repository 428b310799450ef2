import * as z from 'zod'
import { issuesOf } from '../basics/field-issues.ts'
import { parseStrictJson, rawBody } from '../http/body.ts'
import { Reason } from '../runs/accept/request-body.ts'
import { counts } from '../runs/lease/limits.ts'
import { clearLimits } from '../runs/lease/used-up.ts'
import type { Lease, RecordPorts } from '../runs/ports.ts'
import { RequestError } from '../runs/request-error.ts'
import { State } from '../runs/states.ts'
import { Attempt, Clearance, Notice } from '../runs/tally.ts'
import { callerOf } from './caller.ts'
import { notFound } from './errors.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from './http.ts'
import { LimitsQuery, ResourcePath, RulePath } from './parameters.ts'

/** The used limits of a resource, or of a rule. */
export const LimitsView = z.object({
  of: z.string().describe('A resource, or `rule/<name>`'),
  attempts: z
    .array(
      Attempt.extend({
        state: State.optional().describe('Absent where the run is no longer stored'),
        counts: z.boolean().describe('False where the run sent nothing to the cloud'),
      }),
    )
    .describe('Runs under limits that had the resource, newest last'),
  notices: z.array(Notice).describe('Used-up limits that people were notified of'),
  clearances: z.array(Clearance).describe('When people cleared the limits, and why'),
})

/** `GET /limits`. */
export async function showLimits(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const { resource, rule } = readQuery(LimitsQuery, event.queryStringParameters)
  const of = resource ?? `rule/${rule}`
  return jsonResult(200, await viewOf(ports, of, await ports.store.getLease(of)))
}

async function viewOf(
  { store }: RecordPorts,
  of: string,
  lease: Lease | undefined,
): Promise<z.infer<typeof LimitsView>> {
  const attempts = await Promise.all(
    (lease?.attempts ?? []).map(async (attempt) => {
      const run = await store.get(attempt.id)
      return { ...attempt, ...(run ? { state: run.state } : {}), counts: counts(run) }
    }),
  )
  return { of, attempts, notices: lease?.notices ?? [], clearances: lease?.clearances ?? [] }
}

/** The body of a request that clears limits. */
export const ClearBody = z.strictObject({ reason: Reason.min(1) })

/** `POST /limits/{cloud}/{service}/{id}/clear` and `POST /limits/rule/{name}/clear`. */
export async function clearLimit(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const parsed = ClearBody.safeParse(parseStrictJson(rawBody(event)))
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const { cloud = '', service = '', id = '', name } = event.pathParameters ?? {}
  const of = name === undefined ? `${cloud}/${service}/${id}`.toLowerCase() : `rule/${name}`
  const isName = (name === undefined ? ResourcePath : RulePath).safeParse(event.pathParameters).success
  // An unknown name must not make a record.
  if (!isName || !(await ports.store.getLease(of))) throw notFound('record of limits of', of)
  const by = callerOf(event)
  const lease = await clearLimits(ports, of, { by, reason: parsed.data.reason })
  ports.log('warn', 'limits cleared', { of, by, reason: parsed.data.reason })
  return jsonResult(200, await viewOf(ports, of, lease))
}
