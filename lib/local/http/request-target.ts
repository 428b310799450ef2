import type { IncomingMessage } from 'node:http'

export interface RequestTarget {
  path: string
  query: string
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)/i

/**
 * Path and query of a request. Of one in absolute form, the host replaces that of the header `Host` (RFC 9112, 3.2.2): all that
 * reads the header later must see where the request really goes.
 */
export function requestTarget(message: IncomingMessage): RequestTarget {
  const { url = '/' } = message
  const [absolute = '', host] = ABSOLUTE.exec(url) ?? []
  if (host !== undefined) {
    message.headers.host = host
    message.headersDistinct.host = [host]
  }
  const [path = '', ...rest] = url.slice(absolute.length).split('?')
  return { path: path || '/', query: rest.join('?') }
}
