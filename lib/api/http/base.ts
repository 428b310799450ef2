import type { HttpEvent } from './http.ts'

/** A host, with a port if it has one. A caller wrote it. */
const HOST = /^(?:[\w.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i

/**
 * The address of the API as this caller reaches it, without a slash at the end, e.g. `https://ops.example/steadyhand`: the
 * configured one, or else host and base path of the request. Empty where the request has no usable host.
 */
export function baseOf(event: Partial<HttpEvent>, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl
  const { headers = {}, requestContext } = event
  const host = requestContext?.domainName ?? ''
  if (!HOST.test(host)) return ''
  // API Gateway sets the header itself; on one machine a proxy does.
  const [proto = ''] = (headers['x-forwarded-proto'] ?? '').split(',')
  return `${proto.trim().toLowerCase() === 'https' ? 'https' : 'http'}://${host}${basePathOf(event)}`
}

/** The part of the path before the route: that of a custom domain's mapping. */
function basePathOf({ rawPath = '', routeKey = '' }: Partial<HttpEvent>): string {
  const [, route] = routeKey.split(' ')
  if (route === undefined) return ''
  const segments = rawPath.split('/').slice(1)
  const base = segments.slice(0, Math.max(0, segments.length - (route.split('/').length - 1)))
  return base.map((segment) => `/${segment}`).join('')
}
