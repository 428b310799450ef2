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
  response.setHeader('content-type', 'text/plain;charset=utf-8')
  for (const [name, value] of Object.entries(headers ?? {})) {
    // Node frames the response itself.
    if (!/^(content-length|transfer-encoding|connection)$/i.test(name)) response.setHeader(name, value)
  }
  if (cookies?.length) response.setHeader('set-cookie', cookies)
  response.statusCode = statusCode
  response.end(Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'))
}

/** Writes the gateway's own `{"message":"…"}`. Does nothing once an answer has begun. */
export function writeMessage(response: ServerResponse, statusCode: number, message: string): void {
  writeJson(response, statusCode, { message })
}

/** Writes a rejection as a problem document (RFC 9457). */
export function writeProblem(
  response: ServerResponse,
  problem: { status: number; title: string; detail: string },
  headers: Record<string, string>,
): void {
  response.writeHead(problem.status, { 'content-type': 'application/problem+json', ...headers })
  response.end(JSON.stringify({ type: 'about:blank', ...problem }))
}

export function writeJson(response: ServerResponse, statusCode: number, body: unknown): void {
  if (response.headersSent) return
  for (const name of response.getHeaderNames()) if (name !== 'connection') response.removeHeader(name)
  response.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
