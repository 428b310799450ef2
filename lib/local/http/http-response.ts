import type { ServerResponse } from 'node:http'
import * as z from 'zod'

const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const FunctionResponse = z.object({
  statusCode: z.coerce.number().int().min(200).max(599),
  headers: z.record(z.string(), Scalar).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
})

const WITHOUT_BODY = new Set([204, 304])

/**
 * Writes a function's result as an HTTP API with payload format 2.0 does: an object with `statusCode` is the response,
 * anything else is the JSON body of a 200.
 * @throws {ZodError} for a response that cannot be sent, before anything is written
 */
export function writeFunctionResponse(response: ServerResponse, result: unknown): void {
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(typeof result === 'string' ? result : JSON.stringify(result))
    return
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = FunctionResponse.parse(result)
  // An answer without a body has no type (RFC 9110, 8.3).
  if (!WITHOUT_BODY.has(statusCode)) response.setHeader('content-type', 'text/plain;charset=utf-8')
  for (const [name, value] of Object.entries(headers ?? {})) {
    // Node frames the response itself.
    if (!/^(content-length|transfer-encoding|connection)$/i.test(name)) response.setHeader(name, value)
  }
  if (cookies?.length) response.setHeader('set-cookie', cookies)
  response.statusCode = statusCode
  response.end(Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'))
}

/** Replaces whatever was prepared. Does nothing once an answer has begun. */
export function writeJson(
  response: ServerResponse,
  statusCode: number,
  { body, headers = {} }: { body: unknown; headers?: Record<string, string> },
): void {
  if (response.headersSent) return
  for (const name of response.getHeaderNames()) if (name !== 'connection') response.removeHeader(name)
  response.writeHead(statusCode, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
