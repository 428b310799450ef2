import type { IncomingHttpHeaders } from 'node:http'

/** A request as it arrived. `target` is the raw path with its raw query. */
export interface ArrivedRequest {
  method: string
  target: string
  headers: IncomingHttpHeaders
  body: Buffer
}

/** @param name in lower case */
export function headerValue({ headers }: ArrivedRequest, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

/** @returns undefined for anything but JSON */
export function jsonOrUndefined(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
