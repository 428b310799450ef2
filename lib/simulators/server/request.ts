import type { IncomingHttpHeaders } from 'node:http'

/** A request as it arrived: `target` is the raw path with its raw query, `body` the raw bytes. */
export interface ArrivedRequest {
  method: string
  target: string
  headers: IncomingHttpHeaders
  body: Buffer
}

/** A header by its name in lower case. */
export function headerValue({ headers }: ArrivedRequest, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

/** `undefined` for anything that is not JSON. */
export function jsonOrUndefined(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
