import * as z from 'zod'
import { issuesOf } from '../basics/field-issues.ts'
import { Reason } from '../runs/accept/request-body.ts'
import { counts } from '../runs/lease/limits.ts'
import { clearLimits } from '../runs/lease/used-up.ts'
import type { Lease, RecordPorts } from '../runs/ports.ts'
import { RequestError } from '../runs/request-error.ts'
import { State } from '../runs/states.ts'
import { callerOf } from './caller.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from './http/http.ts'
import { readJson } from './http/read-json.ts'
import { LimitsQuery, ResourcePath, RulePath } from './parameters.ts'
import { notFound } from './problems/errors.ts'

/** The used limits of a resource, of a rule, or of a caller's budget. */
export const LimitsView = z.object({
  of: z.string().describe('A resource, `rule/<name>`, or `caller/<entry>/<hash>` of a budget'),
  attempts: z
    .array(
      z.object({
        runId: z.string().describe('Id of the run'),
        rule: z.string().describe('The rule that started it; of a budget, the entry of the policy'),
        at: z.iso.datetime().describe('When it took the resource'),
        state: z.optional(State).describe('State of the run; absent where the run is no longer stored'),
        counts: z.boolean().describe('False where the run sent nothing to the cloud'),
      }),
    )
    .describe('Runs under limits that had the resource, newest last'),
  notices: z
    .array(
      z.object({
        reason: z.string().describe('Which limit is used up, by which runs, and what to do'),
        opensAt: z.iso.datetime().describe('When it opens again'),
        notifiedAt: z.iso.datetime().optional().describe('When people were notified'),
      }),
    )
    .describe('Used-up limits that people were notified of'),
  clearances: z
    .array(
      z.object({
        at: z.iso.datetime().describe('When the limits were cleared'),
        by: z.string().describe('Who cleared them'),
        reason: z.string().describe('Why'),
        runIds: z.array(z.string()).describe('Ids of the runs that no longer count'),
      }),
    )
    .describe('When people cleared the limits, and why'),
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
    (lease?.attempts ?? []).map(async ({ id: runId, rule, at }) => {
      const run = await store.get(runId)
      return { runId, rule, at, ...(run ? { state: run.state } : {}), counts: counts(run) }
    }),
  )
  const notices = (lease?.notices ?? []).map(({ reason, opensAt, toldAt }) => ({
    ...{ reason, opensAt },
    ...(toldAt === undefined ? {} : { notifiedAt: toldAt }),
  }))
  const clearances = (lease?.clearances ?? []).map(({ runs: runIds, at, by, reason }) => ({ at, by, reason, runIds }))
  return { of, attempts, notices, clearances }
}

/** The body of a request that clears limits. */
export const ClearBody = z.strictObject({ reason: Reason.min(1).describe('Why earlier runs no longer count') })

/** `POST /limits/{cloud}/{service}/{id}/clear` and `POST /limits/rule/{name}/clear`. */
export async function clearLimit(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const parsed = ClearBody.safeParse(await readJson(event, '{reason}'))
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
