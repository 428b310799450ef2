/** A route of an HTTP API. */
export interface GatewayRoute {
  /** `POST /runs`. */
  key: string
  /** `ANY` matches every method. */
  method: string
  /** `{name}` is one segment, `{name+}` the rest. */
  path: string
  /** The id of the function that answers. */
  function: string
  timeoutMs: number
  authorization: 'NONE' | 'AWS_IAM'
}

export type RouteMatch = { route: GatewayRoute; params: Record<string, string> }

/**
 * Finds the route of a request: a fixed segment wins over `{param}`, that over `{proxy+}`, a method over `ANY`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 * @throws {URIError} for a path parameter that does not decode
 */
export function routeMatcher(routes: GatewayRoute[]): (method: string, path: string) => RouteMatch | undefined {
  const compiled = routes
    .map((route) => ({ route, pattern: patternOf(route.path), rank: rankOf(route) }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
  return (method, path) => {
    for (const { route, pattern } of compiled) {
      const found = route.method === 'ANY' || route.method === method ? pattern.exec(path) : undefined
      if (!found) continue
      const names = [...route.path.matchAll(/\{([^{}+]+)\+?\}/g)].map(([, name = '']) => name)
      const values = found.slice(1).map(decodeURIComponent)
      return { route, params: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])) }
    }
    return undefined
  }
}

function patternOf(path: string): RegExp {
  const parts = path.split(/(\{[^{}]+\})/).map((part) => {
    if (!part.startsWith('{')) return part.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    return part.endsWith('+}') ? '(.*)' : '([^/]+)'
  })
  return new RegExp(`^${parts.join('')}$`)
}

/** Sorts as text: one digit for each segment, then one for the method. */
function rankOf({ path, method }: GatewayRoute): string {
  const segments = path.split('/').map((segment) => (segment.endsWith('+}') ? 2 : segment.startsWith('{') ? 1 : 0))
  return `${segments.join('')}${method === 'ANY' ? 1 : 0}`
}
