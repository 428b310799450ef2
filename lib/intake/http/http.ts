import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import * as z from 'zod'
import type { ListFilter, Page } from '../../runs/ports.ts'
import { issuesOf, RequestError } from '../../runs/request-error.ts'
import { listedViewOf, type Run, Source, viewOf } from '../../runs/run.ts'
import { State } from '../../runs/states.ts'
import { rawBody } from '../body.ts'
import type { Delivery } from '../source.ts'
import { etagOf } from './etag.ts'

/** What the handlers read of an HTTP API event, payload format 2.0. Header names are lower-case. */
export type HttpEvent = Pick<
  APIGatewayProxyEventV2,
  'headers' | 'body' | 'isBase64Encoded' | 'pathParameters' | 'queryStringParameters' | 'requestContext'
>

export type HttpResult = APIGatewayProxyStructuredResultV2

export function json(statusCode: number, body: unknown, headers: Record<string, string> = {}): HttpResult {
  return { statusCode, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** A webhook's delivery, its body as the bytes that were sent. @throws {BodyError} 413 */
export function deliveryOf(event: HttpEvent, atMs: number): Delivery {
  const { headers, queryStringParameters: query = {}, requestContext } = event
  return { method: requestContext.http.method, headers, query, body: rawBody(event), atMs }
}

/** One run, with the tag of its version. */
export function shown(statusCode: number, run: Run, headers: Record<string, string> = {}): HttpResult {
  return json(statusCode, viewOf(run), { etag: etagOf(run), ...headers })
}

/** What was accepted: a run, or a run each of many targets. */
export function accepted({ runs, batchId }: { runs: Run[]; batchId?: string }): HttpResult {
  const [run] = runs
  if (batchId || !run) return json(202, { batchId, runs: runs.map(listedViewOf) })
  return shown(202, run, { location: `/runs/${run.id}`, 'retry-after': '5' })
}

const Paging = {
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('The most on a page'),
  cursor: z.string().max(1000).optional().describe('Of the page before; belongs to the same filter'),
}

/** As records have it, so that they can be compared as text. */
const Instant = z.iso
  .datetime({ offset: true, error: 'must be an instant such as 2026-01-01T00:00:00Z' })
  // It runs on what is no instant, too.
  .overwrite((text) => (Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString()))
  .optional()

const Name = z.string().min(1).max(100)

/** The query of `GET /runs`. */
export const ListQuery = z
  .strictObject({
    state: z
      .string()
      .transform((list) => list.split(','))
      .pipe(z.array(State))
      .optional()
      .describe('Any of these, by comma'),
    operation: Name.optional(),
    source: Source.shape.kind.optional(),
    // They are kept in lower case.
    target: Name.toLowerCase().optional().describe('Id of an instance or a cluster'),
    batchId: Name.optional(),
    since: Instant.describe('Accepted then or later'),
    until: Instant.describe('Accepted before'),
    ...Paging,
  })
  .refine(({ since, until }) => !since || !until || since < until, { path: ['since'], error: 'must be before until' })

/** The query of `GET /letters`. */
export const PageQuery = z.strictObject(Paging)

/** The query of `GET /deliveries`. */
export const DeliveryQuery = z.strictObject({ source: Name.optional().describe('As in its path'), ...Paging })

/** The query of `POST /runs`. Strict: a misspelt `dryRun` must not be carried out. */
export const AskQuery = z.strictObject({
  dryRun: z.enum(['true', 'false']).optional().describe('`true`: the plan; nothing is stored, nothing sent'),
})

type Query = Record<string, string | undefined> | undefined

/** @throws {RequestError} naming the parameter */
export function readQuery<Schema extends z.ZodType>(schema: Schema, query: Query = {}): z.infer<Schema> {
  const parsed = schema.safeParse(query)
  if (parsed.success) return parsed.data
  // One of several values by comma is not a parameter of its own.
  const issues = issuesOf(parsed.error).map(({ field, message }) => ({ field: field.replace(/\..*/, ''), message }))
  throw new RequestError(issues)
}

export function readListQuery(query?: Query): ListFilter {
  return readQuery(ListQuery, query)
}

export function readPageQuery(query?: Query): Page {
  return readQuery(PageQuery, query)
}
