import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import type * as z from 'zod'
import { issuesOf } from '../../basics/field-issues.ts'
import { sentBytes } from '../../http/body.ts'
import { RequestError } from '../../runs/request-error.ts'
import type { WebhookRequest } from '../../sources/source.ts'

/** The fields that handlers read of an HTTP API event, payload format 2.0. Header names are lower-case. */
export type HttpEvent = Pick<
  APIGatewayProxyEventV2,
  | 'headers'
  | 'body'
  | 'isBase64Encoded'
  | 'pathParameters'
  | 'queryStringParameters'
  | 'requestContext'
  | 'rawPath'
  | 'routeKey'
>

export type HttpResult = APIGatewayProxyStructuredResultV2

/** Answers every request of its routes, and never rejects. */
export type HttpHandler = (event: APIGatewayProxyEventV2, context: Context) => Promise<HttpResult>

export function jsonResult(statusCode: number, body: unknown, headers: Record<string, string> = {}): HttpResult {
  return { statusCode, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** A webhook's request with the bytes of its body. Its size is checked after its signature. */
export function webhookRequestOf(event: HttpEvent, atMs: number): WebhookRequest {
  const { headers, queryStringParameters: query = {}, requestContext } = event
  return { method: requestContext.http.method, headers, query, body: sentBytes(event), atMs }
}

type Query = Record<string, string | undefined> | undefined

/** @throws {RequestError} naming the parameter */
export function readQuery<Schema extends z.ZodType>(schema: Schema, query: Query = {}): z.infer<Schema> {
  const parsed = schema.safeParse(query)
  if (parsed.success) return parsed.data
  throw new RequestError(
    // One value of a comma-separated list is not a parameter of its own.
    issuesOf(parsed.error).map(({ field, message }) => ({
      ...{ field: field.replace(/\..*/, ''), in: 'parameter' as const },
      message: message.replace(/^is not a known field$/, 'is not a parameter of this address'),
    })),
  )
}
