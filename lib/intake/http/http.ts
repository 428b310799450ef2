import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import * as z from 'zod'
import type { ListFilter } from '../../runs/ports.ts'
import { issuesOf, RequestError } from '../../runs/request-error.ts'
import { listedViewOf, type Run, viewOf } from '../../runs/run.ts'
import { State } from '../../runs/states.ts'

/** What the handlers read of an HTTP API event, payload format 2.0. Header names are lower-case. */
export type HttpEvent = Pick<
  APIGatewayProxyEventV2,
  'headers' | 'body' | 'isBase64Encoded' | 'pathParameters' | 'queryStringParameters' | 'requestContext'
>

export function json(
  statusCode: number,
  body: unknown,
  headers: Record<string, string> = {},
): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** What was accepted: a run, or a run each of many targets. */
export function accepted({ runs, batchId }: { runs: Run[]; batchId?: string }): APIGatewayProxyStructuredResultV2 {
  const [run] = runs
  if (batchId || !run) return json(202, { batchId, runs: runs.map(listedViewOf) })
  return json(202, viewOf(run), { location: `/runs/${run.id}`, 'retry-after': '5' })
}

const Iam = z.object({ authorizer: z.object({ iam: z.object({ userArn: z.string() }) }) })

/** Who asked, as IAM authenticated it at the gateway. */
export function callerOf(event: Pick<HttpEvent, 'requestContext'>): string {
  return Iam.safeParse(event.requestContext).data?.authorizer.iam.userArn ?? 'unauthenticated'
}

const ListQuery = z.strictObject({
  state: State.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(1000).optional(),
})

/** The query of `GET /runs`. @throws {RequestError} naming the parameter */
export function readListQuery(query: Record<string, string | undefined> = {}): ListFilter {
  const parsed = ListQuery.safeParse(query)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  return parsed.data
}
